/** How exactly limits hold: what arrives at the receiver's sockets over ten seconds, against what was allowed. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { formatBytes } from '@shoal/cli'
import { startConstellation, type Constellation } from '../constellation/constellation.ts'
import type { Peer } from '../constellation/peer.ts'
import { writeContent } from './content.ts'
import { machine, type BenchResult, type Column } from './result.ts'
import { receivedBetween, receivedBySocket } from './sockets.ts'

export const LIMITS_COLUMNS: readonly Column[] = [
  { title: 'UPLOAD', key: 'uploadShare', unit: 'number' },
  { title: 'DOWNLOAD', key: 'downloadShare', unit: 'number' },
  { title: 'ORIGIN', key: 'originShare', unit: 'number' },
]

const MEASURED_MS = 10_000
/** Until buffers on the way are full and what was saved up before is spent. */
const WARM_MS = 2_000
const INSTALL = { timeoutMs: 120_000 }

/** @param rate bytes a second */
export async function benchLimits(rate: number, note: (text: string) => void): Promise<BenchResult> {
  const params = { bytesPerSecond: rate, ...machine() }
  await using world = await startConstellation({ product: 'bench', tracker: false })
  const source = join(world.ground.dir, 'source')
  await mkdir(source)
  await writeContent(join(source, 'content'), Math.ceil((rate * (MEASURED_MS + 2 * WARM_MS)) / 1000))
  await world.publish('1.0', source)
  const [generous, sparing] = await Promise.all([
    world.startPeer({ name: 'generous' }),
    world.startPeer({ name: 'sparing', config: { limits: { uploadLan: rate } } }),
  ])
  await Promise.all([generous, sparing].map((peer) => peer.until('installed', INSTALL)))
  const limited = (flow: string): object => ({ config: { limits: { [flow]: rate } } })
  const from = (peer: Peer): object => ({ origin: undefined, peers: peer.addresses })
  const shares = {
    uploadShare: await shareOf(world, rate, { name: 'upload', ...from(sparing) }),
    downloadShare: await shareOf(world, rate, { name: 'download', ...from(generous), ...limited('downloadLan') }),
    originShare: await shareOf(world, rate, { name: 'origin', ...limited('origin') }),
  }
  note(`each flow at ${formatBytes(rate)}/s for ${MEASURED_MS / 1000} s`)
  const unmeasured = { megabytesPerSecond: rate / 1e6, elapsedMs: MEASURED_MS, cpuSeconds: undefined }
  return {
    scenario: 'limits',
    params,
    shoal: { ...unmeasured, ...shares },
    ideal: {
      what: 'all that is allowed, and not more',
      ...unmeasured,
      uploadShare: 1,
      downloadShare: 1,
      originShare: 1,
    },
    ratios: Object.fromEntries(Object.entries(shares).map(([flow, share]) => [`allowed.${flow}`, share])),
  }
}

/** Of what may come in ten seconds, how much does. */
async function shareOf(
  world: Constellation,
  rate: number,
  settings: Parameters<Constellation['startPeer']>[0],
): Promise<number> {
  const peer = await world.startPeer(settings)
  try {
    await peer.until('progress', { ...INSTALL, where: ({ doneBytes }) => doneBytes > 0 })
    await setTimeout(WARM_MS)
    const { pid } = peer.program
    const before = receivedBySocket(pid)
    const startedAt = performance.now()
    await setTimeout(MEASURED_MS)
    const bytes = receivedBetween(before, receivedBySocket(pid))
    const elapsedMs = performance.now() - startedAt
    if (peer.program.latest('installed') !== undefined) throw new Error(`${settings.name} was done too early`)
    return Number(((bytes * 1000) / elapsedMs / rate).toFixed(3))
  } finally {
    await peer.kill('SIGKILL')
  }
}
