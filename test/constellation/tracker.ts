import type { Ground } from './ground.ts'
import { HERE, type Place } from './place.ts'
import type { Program } from './process.ts'

/** A running tracker; its addresses serve as DHT bootstrap, too. */
export interface Tracker {
  readonly peerId: string
  /** Multiaddrs, each with /p2p/. */
  readonly addresses: readonly string[]
  /** Base URL of /livez, /readyz and /metrics. */
  readonly http: string
  readonly program: Program<TrackerRecords>
}

interface TrackerRecords {
  listening: { peerId: string; addresses: string[]; http: string }
}

const START_TIMEOUT_MS = 30_000

export async function startTracker(ground: Ground, root: string, at: Place = HERE): Promise<Tracker> {
  const listen = ['--listen', `/ip4/${at.address}/tcp/0`, '--http', '127.0.0.1:0']
  const args = ['run', '--root', root, ...listen, '--log-level', 'warn', '--json']
  const program = ground.start<TrackerRecords>('tracker', 'tracker', args, at)
  const { peerId, addresses, http } = await program.until('listening', { timeoutMs: START_TIMEOUT_MS })
  return { peerId, addresses, http, program }
}
