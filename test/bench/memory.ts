/** Most memory that a peer has resident while it sends or receives much more than that. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { formatBytes } from '@shoal/cli'
import { startConstellation } from '../constellation/constellation.ts'
import { writeContent } from './content.ts'
import { peakMemoryOf } from './cpu.ts'
import { machine, type BenchResult, type Column } from './result.ts'

export const MEMORY_COLUMNS: readonly Column[] = [
  { title: 'FROM ORIGIN', key: 'originPeakBytes', unit: 'bytes' },
  { title: 'SENDER', key: 'senderPeakBytes', unit: 'bytes' },
  { title: 'RECEIVER', key: 'receiverPeakBytes', unit: 'bytes' },
  { title: 'TIME', key: 'elapsedMs', unit: 'ms' },
]

const TRANSFER_TIMEOUT_MS = 1_800_000
const LINGER_SECONDS = 3_600
const GOAL_BYTES = 200e6

/** The first peer takes it from the origin, then gives it to the second. */
export async function benchMemory(bytes: number, note: (text: string) => void): Promise<BenchResult> {
  const params = { sizeBytes: bytes, ...machine() }
  await using constellation = await startConstellation({ product: 'bench', tracker: false })
  const source = join(constellation.ground.dir, 'source')
  await mkdir(source)
  await writeContent(join(source, 'content'), bytes)
  note(`one file of ${formatBytes(bytes)}`)
  await constellation.publish('1.0', source)
  const get = { mode: 'get', lingerSeconds: LINGER_SECONDS } as const
  const timeoutMs = TRANSFER_TIMEOUT_MS
  const sender = await constellation.startPeer({ ...get, name: 'sender' })
  await sender.until('installed', { timeoutMs })
  const originPeakBytes = peakMemoryOf(sender.program.pid)
  note('from the origin: done')
  const startedAt = performance.now()
  const receiver = await constellation.startPeer({
    ...get,
    name: 'receiver',
    origin: undefined,
    peers: sender.addresses,
  })
  await receiver.until('installed', { timeoutMs })
  const elapsedMs = Math.round(performance.now() - startedAt)
  const [senderPeakBytes, receiverPeakBytes] = [sender, receiver].map(({ program }) => peakMemoryOf(program.pid))
  const most = Math.max(originPeakBytes ?? 0, senderPeakBytes ?? 0, receiverPeakBytes ?? 0)
  return {
    scenario: 'memory',
    params,
    shoal: {
      megabytesPerSecond: bytes / 1e3 / elapsedMs,
      elapsedMs,
      cpuSeconds: undefined,
      originPeakBytes,
      senderPeakBytes,
      receiverPeakBytes,
    },
    ideal: {
      what: `the goal, ${formatBytes(GOAL_BYTES)} for either end`,
      megabytesPerSecond: 0,
      elapsedMs,
      cpuSeconds: undefined,
      senderPeakBytes: GOAL_BYTES,
      receiverPeakBytes: GOAL_BYTES,
    },
    ratios: { 'goal.memory': Number((most / GOAL_BYTES).toPrecision(3)) },
  }
}
