/** The same crowd with libtorrent: the origin is its web seed, and every peer is told the addresses of all others. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startProgram, type Program } from '../constellation/process.ts'
import { cpuSecondsOf } from './cpu.ts'
import { countLinks, placesOf, type Arrival, type CrowdRun, type Stage } from './crowd.ts'
import type { Skipped } from './result.ts'
import { isInstalled, runOnce } from './run-once.ts'

interface TorrentRecords {
  ready: object
  finished: { wastedBytes: number; version: string }
}

const PYTHON = '/usr/bin/python3'
const PEER = fileURLToPath(new URL('libtorrent-peer.py', import.meta.url))
const READY_TIMEOUT_MS = 60_000
const FINISH_TIMEOUT_MS = 600_000

export async function crowdOfLibtorrent(stage: Stage): Promise<CrowdRun | Skipped> {
  const { constellation, file, plan, originUrl } = stage
  const { ground } = constellation
  if (!(await isInstalled(PYTHON, ['-c', 'import libtorrent'])))
    return { skipped: 'python3-libtorrent is not installed' }
  const torrent = join(ground.dir, 'content.torrent')
  await runOnce(PYTHON, [PEER, 'make', file, torrent, `${originUrl.replace(/\/$/, '')}/content`])
  await using stack = new AsyncDisposableStack()
  const places = placesOf(stage)

  async function start({ name, at }: (typeof places)[number]): Promise<Program<TorrentRecords>> {
    const folder = join(ground.dir, 'libtorrent', name)
    await mkdir(folder, { recursive: true })
    const others = places.filter((place) => place.name !== name).map((place) => place.at.address)
    const [command = '', ...args] = [...at.via, PYTHON, PEER, 'peer', torrent, folder, at.address, ...others]
    const logFile = join(ground.logs, `libtorrent-${name}.log`)
    const program = stack.use(
      startProgram<TorrentRecords>({ name: `libtorrent ${name}`, command, args, env: process.env, logFile }),
    )
    await program.until('ready', { timeoutMs: READY_TIMEOUT_MS })
    return program
  }

  const programs = await Promise.all(places.map(start))
  const links = countLinks(stage)
  const before = cpuOf(programs)
  const ends: Promise<Arrival>[] = []
  for (const program of programs) {
    ends.push(run(program))
    if (plan.joinEveryMs > 0) await new Promise((resolve) => setTimeout(resolve, plan.joinEveryMs))
  }
  const arrivals = await Promise.all(ends)
  const after = cpuOf(programs)
  const finished = programs.map((program) => program.latest('finished'))
  return {
    arrivals,
    ...links(),
    wastedBytes: finished.reduce((sum, record) => sum + (record?.wastedBytes ?? 0), 0),
    cpuSeconds: before === undefined || after === undefined ? undefined : after - before,
    more: { version: finished[0]?.version ?? '' },
  }
}

/** It is up; the signal has it begin. */
async function run(program: Program<TorrentRecords>): Promise<Arrival> {
  const startedMs = performance.now()
  process.kill(program.pid, 'SIGUSR1')
  await program.until('finished', { timeoutMs: FINISH_TIMEOUT_MS })
  return { startedMs, doneMs: performance.now() }
}

function cpuOf(programs: readonly Program<TorrentRecords>[]): number | undefined {
  return programs.reduce<number | undefined>((sum, { pid }) => {
    const own = cpuSecondsOf(pid)
    return sum === undefined || own === undefined ? undefined : sum + own
  }, 0)
}
