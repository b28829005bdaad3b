/** What somebody signed once is said again: by others, or for others. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createSigner, peerNameOf, signReport, verifyReport } from '@shoal/release'
import { followNews } from '@shoal/tracker/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPeer } from '../../constellation/peer.ts'
import { openPrivateFleet, TARGET } from '../../e2e/private-fleet.ts'
import { FLEET } from '../author.ts'
import { startLyingPeer, type LyingPeer } from './lying-peer.ts'
import { openScene, type Scene } from './scene.ts'
import { announce, latest, publish, versionOf, type Shelf } from './shelf.ts'

/** Several processes, one after the other. */
const MINUTES_MS = 120_000

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene[Symbol.asyncDispose]())

const INSTALL = { timeoutMs: 30_000 }

describe('replayed announcement', () => {
  it('of an old release is not passed on, and that of a new one is', async () => {
    const shelf = new Map(scene.honest)
    await using attacker = await startLyingPeer(scene.old)
    await using bystander = await startLyingPeer(scene.old)
    using replaying = follow(attacker)
    using listening = follow(bystander)
    const origin = await scene.serve(shelf)
    const peers = [attacker.address, bystander.address]
    const peer = await scene.start('between', { mode: 'run', pollSeconds: 3_600, origin, peers })
    await peer.until('installed', INSTALL)
    // Until the way from one to the other is there.
    const tellNews = (): number => {
      announce(shelf)
      replaying.tell(shelf)
      return listening.heard.length
    }
    await expect.poll(tellNews, { timeout: 30_000, interval: 500 }).toBeGreaterThan(0)

    replaying.tell(scene.old)
    publish(shelf, '3.0')
    replaying.tell(shelf)
    await expect.poll(() => listening.heard, { timeout: 30_000 }).toContain(versionOf(latest(shelf, 'timestamp')))
    expect(listening.heard).not.toContain(versionOf(latest(scene.old, 'timestamp')))
    await peer.until('installed', { ...INSTALL, where: ({ version }) => version === '3.0' })
    await peer.kill('SIGTERM')
  })
})

interface Follower extends Disposable {
  /** Versions of the timestamps that were told here. */
  readonly heard: readonly number[]
  tell(shelf: Shelf): void
}

function follow({ node }: LyingPeer): Follower {
  const heard: number[] = []
  const weigh = (document: Uint8Array): 'known' => {
    heard.push((JSON.parse(Buffer.from(document).toString()) as { signed: { version: number } }).signed.version)
    return 'known'
  }
  const news = followNews(node, { fleet: FLEET, weigh: { timestamp: weigh }, onUnreadable: () => undefined })
  return {
    heard,
    tell: (shelf) => news.tell('timestamp', shelf.get('tuf/timestamp.json') ?? new Uint8Array()),
    [Symbol.dispose]: () => news[Symbol.dispose](),
  }
}

describe('replayed credential or token', () => {
  it(
    'makes nobody a member of a private fleet who was not let in',
    async () => {
      await using fleet = await openPrivateFleet()
      const token = await fleet.token()
      await fleet.enroll('member', token)
      await expect(fleet.enroll('replayer', token)).rejects.toThrow('ENROLMENT_REFUSED')

      await fleet.enroll('other', await fleet.token())
      const stolen = await readFile(join(fleet.stateDirOf('member'), 'membership.json'))
      await writeFile(join(fleet.stateDirOf('other'), 'membership.json'), stolen)
      const root = join(fleet.stateDirOf('other'), 'root.json')
      const started = startPeer(fleet.ground, { name: 'other', target: TARGET, root, origin: fleet.origin })
      await expect(started).rejects.toThrow('NOT_ENROLLED')
    },
    MINUTES_MS,
  )
})

type Key = ReturnType<typeof createSigner>

describe('replayed or forged report', () => {
  it('is refused of anybody but the device that it speaks of', () => {
    const [device, attacker] = [1, 2].map((fill) => createSigner(new Uint8Array(32).fill(fill))) as [Key, Key]
    const about = { fleet: FLEET, device: peerNameOf(device.publicKey), counter: 1, atMs: 1_900_000_000_000 }
    const facts = { site: '', group: '', labels: {}, platform: 'any', agent: 'shoal-peer/0.1.0' }
    const report = { ...about, ...facts, product: 'demo', channel: 'stable', version: '2.0', state: 'healthy' } as const
    const honest = signReport(report, device)
    expect(verifyReport(honest)).toEqual(report)
    const disguised = { ...attacker, publicKey: device.publicKey }
    expect(() => verifyReport(signReport(report, disguised))).toThrow(
      expect.objectContaining({ rule: 'report-signature' }),
    )
  })
})
