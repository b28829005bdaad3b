/** Gathers the facts: looks at the disk, and asks tracker and origin, all at the same time and not for long. */
import { statfs } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { PeerStatus } from '../control/index.ts'
import { PeerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import type { Peer } from '../peer.ts'
import { pingerOf } from '../ping.ts'
import type { DoctorFacts, OriginFacts, TrackerFacts } from './facts.ts'

export interface Examined {
  peer: Peer
  status: PeerStatus
  mdns: boolean
  /** Folders that must have room. */
  folders: readonly string[]
}

/** Never rejects for what is found wrong: that is what it is for. */
export async function gatherFacts({ peer, status, mdns, folders }: Examined): Promise<DoctorFacts> {
  const signal = AbortSignal.timeout(LIMITS.doctorTimeoutMs)
  const [trackers, origin, disks] = await Promise.all([
    Promise.all(peer.trackers.map((tracker) => askTracker(peer, tracker, signal))),
    askOrigin(peer, signal),
    Promise.all([...new Set(folders)].map(measureDisk)),
  ])
  return {
    nowMs: Date.now(),
    status,
    trackers,
    ...(origin === undefined ? {} : { origin }),
    discovery: { mdns, networks: networks() },
    inboundConnections: peer.node.getConnections().filter(({ direction }) => direction === 'inbound').length,
    disks: disks.filter((disk) => disk !== undefined),
  }
}

async function askTracker({ node }: Peer, tracker: Multiaddr, signal: AbortSignal): Promise<TrackerFacts> {
  const address = tracker.toString()
  try {
    return { address, roundTripMs: await pingerOf(node).ping(tracker, { signal }) }
  } catch (error) {
    return { address, failure: signal.aborted ? 'no answer' : messageOf(error) }
  }
}

async function askOrigin({ origin, traffic }: Peer, signal: AbortSignal): Promise<OriginFacts | undefined> {
  if (origin === undefined) return undefined
  const facts = { url: origin.url, isForbidden: traffic.origin.rate === 0 }
  if (facts.isForbidden) return facts
  try {
    const { roundTripMs, rangeWorks, dateMs } = await origin.probe({ signal })
    return {
      ...facts,
      roundTripMs,
      ...(rangeWorks === undefined ? {} : { rangeWorks }),
      ...(dateMs === undefined ? {} : { aheadMs: dateMs - Date.now() }),
    }
  } catch (error) {
    const fix = error instanceof PeerError ? error.fix : undefined
    return { ...facts, failure: { message: signal.aborted ? 'no answer' : messageOf(error), fix } }
  }
}

/** Undefined for a folder that is not there yet. */
async function measureDisk(path: string): Promise<DoctorFacts['disks'][number] | undefined> {
  try {
    const { bavail, blocks, bsize } = await statfs(path)
    return { path, freeBytes: bavail * bsize, sizeBytes: blocks * bsize }
  } catch {
    return undefined
  }
}

function networks(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.flatMap(({ family, internal, cidr }) => (family === 'IPv4' && !internal && cidr !== null ? [cidr] : [])),
  )
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
