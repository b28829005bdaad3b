/** One peer from one peer over loopback, verified and on disk; beside the same without lanes, libtorrent, and a bare socket. */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatBytes } from '@shoal/cli'
import { startConstellation, type Constellation } from '../constellation/constellation.ts'
import { writeContent } from './content.ts'
import { cpuSecondsOf } from './cpu.ts'
import { machine, ratiosTo, type BenchResult, type Column, type Figures, type Skipped } from './result.ts'
import { isInstalled, runOnce } from './run-once.ts'
import { measureTwoEnds, pairFigures } from './two-ends.ts'

export const PAIR_COLUMNS: readonly Column[] = [
  { title: 'ON DISK', key: 'megabytesPerSecond', unit: 'MB/s' },
  { title: 'RECEIVED', key: 'transferMegabytesPerSecond', unit: 'MB/s' },
  { title: 'TIME', key: 'elapsedMs', unit: 'ms' },
  { title: 'CPU-S/GB', key: 'cpuPerGigabyte', unit: 'number' },
  { title: 'SENDER', key: 'senderCpuPerGigabyte', unit: 'number' },
  { title: 'RECEIVER', key: 'receiverCpuPerGigabyte', unit: 'number' },
]

const PYTHON = '/usr/bin/python3'
const LIBTORRENT_END = fileURLToPath(new URL('libtorrent-end.py', import.meta.url))
const PLAIN_END = fileURLToPath(new URL('plain-end.ts', import.meta.url))
/** The nursery of shoal-peer, so that the floor pays no more for its garbage. */
const NODE_FLAGS = ['--min-semi-space-size=1', '--max-semi-space-size=1']
const TRANSFER_TIMEOUT_MS = 600_000
const LINGER_SECONDS = 3_600

export async function benchPair(bytes: number, note: (text: string) => void): Promise<BenchResult> {
  const params = machine()
  await using constellation = await startConstellation({ product: 'bench', tracker: false })
  const { dir } = constellation.ground
  const source = join(dir, 'source')
  await mkdir(source)
  const file = join(source, 'content')
  await writeContent(file, bytes)
  note(`one file of ${formatBytes(bytes)}, the same for all`)

  await constellation.publish('1.0', source)
  // Nobody is to pay for memory that nothing on this machine has touched: what comes first does not count, and what each of them
  // received is removed before the next.
  await withShoal(constellation, bytes, true)
  const shoal = await withShoal(constellation, bytes, true)
  note('the same without lanes, over libp2p alone')
  const libp2p = await withShoal(constellation, bytes, false)
  note('libtorrent')
  const libtorrent = await withLibtorrent(dir, file, bytes)
  note('a bare socket')
  const ideal = await withPlainSocket(dir, file, bytes)
  return {
    scenario: 'pair',
    params: { sizeBytes: bytes, ...params },
    shoal,
    libp2p,
    libtorrent,
    ideal,
    ratios: {
      ...ratiosTo('libtorrent', shoal, libtorrent),
      ...ratiosTo('libp2p', shoal, libp2p),
      ...ratiosTo('ideal', shoal, ideal),
    },
  }
}

/** From when the fetching peer listens until the tree is installed: connecting, signature and manifest are in it. */
async function withShoal(constellation: Constellation, bytes: number, lane: boolean): Promise<Figures> {
  const get = { mode: 'get', lingerSeconds: LINGER_SECONDS, lane } as const
  const over = lane ? 'lane' : 'libp2p'
  const sender = await constellation.startPeer({ ...get, name: `sender-${over}` })
  await sender.until('installed', { timeoutMs: TRANSFER_TIMEOUT_MS })
  const senderBefore = cpuSecondsOf(sender.program.pid)
  const receiver = await constellation.startPeer({
    ...get,
    name: `receiver-${over}`,
    origin: undefined,
    peers: sender.addresses,
  })
  const startedAt = performance.now()
  const receiverBefore = cpuSecondsOf(receiver.program.pid)
  const timeoutMs = TRANSFER_TIMEOUT_MS
  await receiver.until('phase', { timeoutMs, where: ({ phase }) => phase === 'staged' })
  const readyMs = Math.round(performance.now() - startedAt)
  await receiver.until('phase', { timeoutMs, where: ({ phase }) => phase === 'downloaded' })
  const transferMs = performance.now() - startedAt
  const { bytes: sources, neighbours } = await receiver.until('installed', { timeoutMs })
  const elapsedMs = performance.now() - startedAt
  const senderCpu = difference(senderBefore, cpuSecondsOf(sender.program.pid))
  const receiverCpu = difference(receiverBefore, cpuSecondsOf(receiver.program.pid))
  await Promise.all([sender.program.stop(), receiver.program.stop()])
  await remove(join(constellation.ground.dir, 'peers'))
  const figures = pairFigures({ transferMs, elapsedMs, senderCpu, receiverCpu }, bytes)
  const [sent] = neighbours
  return { ...figures, over: sent?.lane, readyMs, fromPeerBytes: sources.lanPeers, wastedBytes: sources.wasted }
}

async function withLibtorrent(dir: string, file: string, bytes: number): Promise<Figures | Skipped> {
  if (!(await isInstalled(PYTHON, ['-c', 'import libtorrent'])))
    return { skipped: 'python3-libtorrent is not installed' }
  const [torrent, to] = [join(dir, 'content.torrent'), join(dir, 'libtorrent')]
  await mkdir(to)
  await runOnce(PYTHON, [LIBTORRENT_END, 'make', file, torrent])
  const { figures, finished } = await measureTwoEnds(
    {
      name: 'libtorrent',
      command: PYTHON,
      sender: [LIBTORRENT_END, 'seed', torrent, join(dir, 'source')],
      receiver: (port) => [LIBTORRENT_END, 'leech', torrent, to, String(port)],
      logFile: join(dir, 'libtorrent.log'),
    },
    bytes,
  )
  await remove(to)
  return { ...figures, version: finished['version'] }
}

async function withPlainSocket(dir: string, file: string, bytes: number): Promise<Figures> {
  const to = join(dir, 'plain')
  const { figures } = await measureTwoEnds(
    {
      name: 'bare socket',
      command: process.execPath,
      sender: [...NODE_FLAGS, PLAIN_END, 'send', file],
      receiver: (port) => [...NODE_FLAGS, PLAIN_END, 'receive', to, String(port)],
      logFile: join(dir, 'plain.log'),
    },
    bytes,
  )
  await remove(to)
  return { ...figures, what: 'one plain TCP socket between two Node processes, one sha256, written and synced' }
}

function remove(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true })
}

function difference(before: number | undefined, after: number | undefined): number | undefined {
  return before === undefined || after === undefined ? undefined : after - before
}
