import { join } from 'node:path'
import { SPAN_BYTES } from '@shoal/release'
import { expect, it } from 'vitest'
import { link, startFleetPeer } from '../neighbours/fixture/fleet.ts'
import { installSample, NEVER, putBlocks } from '../store/fixture/deliver.ts'
import { describeTree, readTree, temporaryFolder } from '../store/fixture/read-tree.ts'
import { noise, releaseOf } from '../store/fixture/release-of.ts'
import { openStore } from '../store/index.ts'
import { DEFAULT_POLICY } from '../swarm/index.ts'
import { startTraffic } from '../traffic/index.ts'
import { createAccount } from './account.ts'
import { downloadSpans } from './download.ts'
import { followParticipants } from './participants.ts'

const CHUNKING = { min: 16 << 10, avg: 64 << 10, max: 256 << 10 }
const BYTES = 24 << 20

it('a lane that is lost in the middle of a download costs what was on it, and the stream brings the rest', async () => {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  const release = releaseOf({ content: { bytes: noise(BYTES, 7) } }, { chunking: CHUNKING })
  const { manifest } = release
  const [from, to] = await Promise.all(['from', 'to'].map((name) => openStore(join(folder.path, name))))
  if (from === undefined || to === undefined) throw new Error('no stores')
  stack.use(from)
  stack.use(to)
  await installSample(from, release)
  await putBlocks(to, release)
  const holding = await from.open(manifest)
  if (holding === undefined) throw new Error('not installed')
  stack.use(holding)
  const staging = stack.use(await to.stage(manifest, { signal: NEVER }))
  const traffic = stack.use(startTraffic({ rates: {}, windows: [] }))

  const [asker, holder] = await Promise.all([startFleetPeer(stack), startFleetPeer(stack)])
  holder.offer.add(holding)
  const opened = asker.next('lane-opened')
  await link(asker, holder)
  const participants = followParticipants(asker.neighbours, manifest.id)
  stack.defer(() => participants.leave())
  await opened

  const [neighbour] = asker.neighbours.linked()
  const account = createAccount(manifest.chunks.bytes, 0, 0)
  const heldAtLoss = Promise.withResolvers<number>()
  let heldSpans = 0
  await downloadSpans({
    self: asker.key,
    staging,
    account,
    participants,
    neighbours: asker.neighbours,
    offer: {
      fetching: () => undefined,
      gained() {
        if (++heldSpans !== 3) return
        expect(neighbour?.lane).toBeDefined()
        neighbour?.lane?.close(new Error('a test'))
        heldAtLoss.resolve(manifest.chunks.bytes - staging.missingBytes)
      },
    },
    origin: undefined,
    traffic,
    policy: DEFAULT_POLICY,
    settleMs: 0,
    gentleMs: 0,
    giveUpMs: 20_000,
    random: () => 0.5,
    paused: () => false,
    onProgress: () => undefined,
    signal: NEVER,
  })
  await staging.finish()
  await to.activate(manifest.id)
  expect(await heldAtLoss.promise).toBeLessThan(BYTES / 2)
  expect(account.bytes).toMatchObject({ lanPeers: manifest.chunks.bytes, origin: 0 })
  // Answers come in order: at most one span was there in part.
  expect(account.bytes.wasted).toBeLessThanOrEqual(SPAN_BYTES + CHUNKING.max)
  expect(heldSpans).toBe(manifest.spans.count)
  expect(await readTree(join(folder.path, 'to', 'current'))).toEqual(describeTree(release.tree))
})
