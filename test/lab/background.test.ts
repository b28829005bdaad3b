import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { writeContent } from '../bench/content.ts'
import { startConstellation } from '../constellation/constellation.ts'
import { createLab } from './lab.ts'
import { whyNoNamespaces } from './namespaces.ts'
import { plainDownload, startPlainServer } from './plain-http.ts'

const missing = whyNoNamespaces()
const RATE = 3e6
const MEASURED_MS = 6_000
const SKIPPED = missing === undefined ? '' : ` (skipped: ${missing})`
/** A line with the buffer of a cheap router. */
const LINE = { uplinkRate: RATE * 8, uplinkQueueMs: 300 }

it.skipIf(missing !== undefined)(
  `a download in the background takes most of an idle uplink, and leaves most of it to whoever else comes${SKIPPED}`,
  async () => {
    using lab = createLab({ sites: { here: { hosts: 2, ...LINE } }, servers: ['origin', 'other'] })
    const [first, second] = lab.site('here').hosts
    const [servers, other] = [lab.server('origin'), lab.server('other')]
    if (first === undefined || second === undefined) throw new Error('the lab has no hosts')
    await using stack = new AsyncDisposableStack()
    stack.use(await startPlainServer(other))
    const world = stack.use(await startConstellation({ product: 'game', tracker: false, servers }))
    const source = join(world.ground.dir, 'source')
    await mkdir(source)
    await writeContent(join(source, 'content'), 40 * RATE)
    await world.publish('1.0', source)
    const peer = await world.startPeer({ name: 'background', at: first, config: { mode: 'background' } })
    await peer.until('progress', { timeoutMs: 30_000, where: ({ doneBytes }) => doneBytes > 2 * RATE })

    const uplink = (): number => lab.site('here').uplink().inBytes
    const before = uplink()
    const startedAt = performance.now()
    await setTimeout(MEASURED_MS)
    const alone = ((uplink() - before) * 1_000) / (performance.now() - startedAt) / RATE
    expect(alone).toBeGreaterThan(0.8)

    const bytes = 9 * RATE
    const took = await plainDownload(second, other, bytes)
    expect((bytes * 1_000) / took / RATE).toBeGreaterThan(0.6)
    const { background } = (await peer.status()) as { background: { downloadWan: number } }
    expect(background.downloadWan, 'what it allows itself beside the other').toBeLessThan(RATE / 2)
    expect(peer.program.latest('installed'), 'went on while it was measured').toBeUndefined()
  },
  120_000,
)

it.skipIf(missing !== undefined)(
  `so does an upload to another site${SKIPPED}`,
  async () => {
    using lab = createLab({ sites: { here: { hosts: 2, ...LINE }, there: { hosts: 1 } }, servers: ['other'] })
    const [first, second] = lab.site('here').hosts
    const [far] = lab.site('there').hosts
    if (first === undefined || second === undefined || far === undefined) throw new Error('the lab has no hosts')
    await using stack = new AsyncDisposableStack()
    stack.use(await startPlainServer(second))
    // The origin is beside the one who sends, so that only what it sends goes over the line.
    const world = stack.use(await startConstellation({ product: 'game', tracker: false, servers: second }))
    const source = join(world.ground.dir, 'source')
    await mkdir(source)
    await writeContent(join(source, 'content'), 25 * RATE)
    await world.publish('1.0', source)
    const config = { mode: 'background' }
    const sender = await world.startPeer({ name: 'sender', site: 'here', at: first, config })
    await sender.until('installed', { timeoutMs: 60_000 })
    const from = { origin: undefined, peers: sender.addresses }
    const receiver = await world.startPeer({ name: 'receiver', site: 'there', at: far, ...from })
    await receiver.until('progress', { timeoutMs: 30_000, where: ({ doneBytes }) => doneBytes > 2 * RATE })

    const uplink = (): number => lab.site('here').uplink().outBytes
    const before = uplink()
    const startedAt = performance.now()
    await setTimeout(MEASURED_MS)
    const alone = ((uplink() - before) * 1_000) / (performance.now() - startedAt) / RATE
    expect(alone).toBeGreaterThan(0.6)

    const bytes = 9 * RATE
    const took = await plainDownload(lab.server('other'), second, bytes)
    // Two flows that keep no queue see none of each other: a share of half is not reached reliably (docs/benchmarks.md).
    expect((bytes * 1_000) / took / RATE).toBeGreaterThan(0.35)
    const { background } = (await sender.status()) as { background: { uploadWan: number } }
    expect(background.uploadWan, 'what it allows itself beside the other').toBeLessThan(RATE / 2)
    expect(receiver.program.latest('installed'), 'went on while it was measured').toBeUndefined()
  },
  120_000,
)
