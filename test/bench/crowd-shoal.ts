/** A crowd of shoal peers: daemons that hear of a release together, or peers that are started one after another. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Peer } from '../constellation/peer.ts'
import type { Installed } from '../constellation/peer-records.ts'
import { cpuSecondsOf } from './cpu.ts'
import { countLinks, placesOf, type Arrival, type CrowdRun, type Stage } from './crowd.ts'

const READY_TIMEOUT_MS = 120_000
const INSTALL_TIMEOUT_MS = 600_000
const LINGER_SECONDS = 3_600
/** Whoever looks next finds the release; the others hear of it from that one. */
const POLL_SECONDS = 5

export async function crowdOfShoal(stage: Stage): Promise<CrowdRun> {
  return stage.plan.joinEveryMs === 0 ? allAtOnce(stage) : oneAfterAnother(stage)
}

/** They run, know each other and have an earlier release of next to nothing; time begins when the first sees the new one. */
async function allAtOnce(stage: Stage): Promise<CrowdRun> {
  const { constellation, source, originUrl } = stage
  const earlier = join(constellation.ground.dir, 'earlier')
  await mkdir(earlier)
  await writeFile(join(earlier, 'content'), 'nothing yet\n')
  await constellation.publish('1.0', earlier)
  const daemon = { origin: originUrl, mdns: true, pollSeconds: POLL_SECONDS, newsJitterSeconds: 0 } as const
  const peers = await Promise.all(placesOf(stage).map((place) => constellation.startPeer({ ...place, ...daemon })))
  await Promise.all(peers.map((peer) => peer.until('installed', { timeoutMs: READY_TIMEOUT_MS })))

  const links = countLinks(stage)
  const cpuBefore = cpuOf(peers)
  const arrivals = peers.map((peer) => watch(peer, '2.0'))
  await constellation.publish('2.0', source)
  const ends = await Promise.all(arrivals)
  return closeRun(peers, ends, links(), cpuBefore)
}

/** Each is a process that starts cold; its time begins when it listens. */
async function oneAfterAnother(stage: Stage): Promise<CrowdRun> {
  const { constellation, plan, source, originUrl } = stage
  await constellation.publish('2.0', source)
  const links = countLinks(stage)
  const get = { mode: 'get', origin: originUrl, mdns: true, lingerSeconds: LINGER_SECONDS } as const
  const started: Promise<{ peer: Peer; end: End }>[] = []
  for (const place of placesOf(stage)) {
    started.push(
      constellation.startPeer({ ...place, ...get }).then(async (peer) => {
        const startedMs = performance.now()
        const installed = await peer.until('installed', { timeoutMs: INSTALL_TIMEOUT_MS })
        return { peer, end: { startedMs, doneMs: performance.now(), installed } }
      }),
    )
    await new Promise((resolve) => setTimeout(resolve, plan.joinEveryMs))
  }
  const all = await Promise.all(started)
  return closeRun(
    all.map(({ peer }) => peer),
    all.map(({ end }) => end),
    links(),
    0,
  )
}

interface End extends Arrival {
  installed: Installed
}

async function watch(peer: Peer, version: string): Promise<End> {
  const timeoutMs = INSTALL_TIMEOUT_MS
  await peer.until('phase', { timeoutMs, where: (phase) => phase.phase === 'resolved' && phase.version === version })
  const startedMs = performance.now()
  const installed = await peer.until('installed', { timeoutMs, where: (record) => record.version === version })
  return { startedMs, doneMs: performance.now(), installed }
}

async function closeRun(
  peers: readonly Peer[],
  ends: readonly End[],
  links: Pick<CrowdRun, 'uplinkBytes' | 'originBytes'>,
  cpuBefore: number | undefined,
): Promise<CrowdRun> {
  const cpuAfter = cpuOf(peers)
  await Promise.all(peers.map((peer) => peer.program.stop()))
  const sum = (of: (installed: Installed) => number): number => ends.reduce((all, end) => all + of(end.installed), 0)
  const reasons: Record<string, number> = {}
  for (const { installed } of ends)
    for (const [reason, spans] of Object.entries(installed.reasons)) reasons[reason] = (reasons[reason] ?? 0) + spans
  return {
    arrivals: [...ends],
    ...links,
    wastedBytes: sum(({ bytes }) => bytes.wasted),
    cpuSeconds: cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore,
    more: {
      originBytes: sum(({ originWireBytes }) => originWireBytes),
      originRequests: sum(({ originRequests }) => originRequests),
      wanPeersBytes: sum(({ bytes }) => bytes.wanPeers),
      startsSpreadMs: Math.round(spread(ends.map(({ startedMs }) => startedMs))),
      donesSpreadMs: Math.round(spread(ends.map(({ doneMs }) => doneMs))),
      reasons: JSON.stringify(reasons),
    },
  }
}

function cpuOf(peers: readonly Peer[]): number | undefined {
  return peers.reduce<number | undefined>((sum, { program }) => {
    const own = cpuSecondsOf(program.pid)
    return sum === undefined || own === undefined ? undefined : sum + own
  }, 0)
}

function spread(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values)
}
