/** From what is wanted at the command line to what is simulated: peers in their sites, and who of them is struck by what. */
import { sample, seededRandom } from './random.ts'
import type { Cut, Scenario, SimulatedPeer } from './scenario.ts'

/** Rates are bytes a second; shares are of all peers, or of all sites. */
export interface Plan {
  peers: number
  sites: number
  sizeBytes: number
  spanBytes: number
  seed: number
  uplinkRate: number
  lanRate: number
  /** None is without limit. */
  originRate: number | undefined
  /** All hear of the release within so long. */
  spreadMs: number
  faults: Faults
}

export interface Faults {
  /** Share of the peers that vanish at some moment, and come back with what they had. */
  churn: number
  /** Share of the peers that move no more than `slowRate` in either direction. */
  slow: number
  slowRate: number
  /** Share of the peers that claim to have everything and deliver what does not verify. */
  liars: number
  /** Share of the sites that are cut off for a while. */
  partition: number
}

/** Of the time that a site's uplink needs for the release: when peers vanish, and when sites are cut off and for how long. */
const VANISH_BETWEEN = [0.1, 0.9] as const
const CUT_BETWEEN = [0.2, 0.5] as const
const CUT_SHARE = 0.25
const CUT_MS_MIN = 30_000
const AWAY_MS = [20_000, 60_000] as const
/** Who is not done after so many times the slowest possible is stuck. */
const PATIENCE = 10
const PATIENCE_MS_MIN = 600_000

export function hasFaults({ churn, slow, liars, partition }: Faults): boolean {
  return churn + slow + liars + partition > 0
}

export function buildScenario(plan: Plan): Scenario {
  const { seed, sizeBytes, spanBytes, uplinkRate, lanRate, originRate, faults } = plan
  // Numbers of its own, so that the peers are the same whatever happens to them.
  const random = seededRandom(seed)
  const between = ([from, to]: readonly [number, number]): number => from + (to - from) * random()
  const copyMs = (sizeBytes * 1000) / uplinkRate

  const peers: SimulatedPeer[] = Array.from({ length: plan.peers }, (_, at) => ({
    name: `peer${at + 1}`,
    site: siteName(at % plan.sites),
    startsMs: Math.round(random() * plan.spreadMs),
  }))
  const struck = sample(peers, peers.length, random)
  const take = (share: number): SimulatedPeer[] => struck.splice(0, Math.round(share * peers.length))
  for (const peer of take(faults.liars)) peer.lies = true
  for (const peer of take(faults.slow)) peer.rate = faults.slowRate
  for (const peer of take(faults.churn)) {
    peer.diesMs = (peer.startsMs ?? 0) + Math.round(copyMs * between(VANISH_BETWEEN))
    peer.returnsMs = peer.diesMs + Math.round(between(AWAY_MS))
  }
  const names = Array.from({ length: plan.sites }, (_, at) => siteName(at))
  const cuts: Cut[] = sample(names, Math.round(faults.partition * plan.sites), random).map((site) => {
    const fromMs = Math.round(copyMs * between(CUT_BETWEEN))
    return { site, fromMs, toMs: fromMs + Math.round(Math.max(CUT_MS_MIN, copyMs * CUT_SHARE)) }
  })
  const slowestMs = (sizeBytes * 1000) / Math.min(uplinkRate, faults.slow > 0 ? faults.slowRate : lanRate)
  return {
    seed,
    sizeBytes,
    spanBytes,
    peers,
    uplinkRate,
    lanRate,
    ...(originRate === undefined ? {} : { originRate }),
    cuts,
    endsMs: Math.max(PATIENCE * slowestMs, PATIENCE_MS_MIN),
  }
}

function siteName(at: number): string {
  return `site${at + 1}`
}
