/**
 * How soon each peer can have everything if bytes were a fluid and every decision the best one: no earlier than
 *
 * - its own wire takes the size, from its own start;
 * - the uplink of its site takes the size, from when the first of the site begins, whatever time the uplink is cut left out;
 * - the origin, if it is limited, sends the size once.
 *
 * What peers can send each other adds nothing: as wires are as fast in either direction, those who receive can also pass on.
 */
import type { Scenario, SimulatedPeer } from './scenario.ts'

/** In the order of the scenario's peers; ms from the beginning. For sites where nobody has anything at first. */
export function fluidBounds(scenario: Scenario): number[] {
  const { sizeBytes, uplinkRate, lanRate, originRate = Infinity, peers } = scenario
  const bySite = Map.groupBy(peers.filter(isCounted), ({ site }) => site)
  const siteMs = new Map<string, number>()
  const msFor = (bytes: number, rate: number): number => (bytes * 1000) / rate
  for (const [site, members] of bySite) {
    const firstMs = members.reduce((first, { startsMs = 0 }) => Math.min(first, startsMs), Infinity)
    const uplinkMs = afterCuts(scenario, site, firstMs, msFor(sizeBytes, uplinkRate))
    siteMs.set(site, Math.max(uplinkMs, firstMs + msFor(sizeBytes, originRate)))
  }
  return peers.map(({ site, startsMs = 0, rate = lanRate }) =>
    Math.max(startsMs + msFor(sizeBytes, rate), siteMs.get(site) ?? 0),
  )
}

/** Who is to have everything in the end, and may be waited for. */
export function isCounted({ complete, lies, diesMs, returnsMs }: SimulatedPeer): boolean {
  return complete !== true && lies !== true && (diesMs === undefined || returnsMs !== undefined)
}

function afterCuts({ cuts = [] }: Scenario, site: string, fromMs: number, needsMs: number): number {
  let endsMs = fromMs + needsMs
  for (const cut of cuts.filter((each) => each.site === site).sort((a, b) => a.fromMs - b.fromMs))
    if (cut.toMs > fromMs && cut.fromMs < endsMs) endsMs += cut.toMs - Math.max(fromMs, cut.fromMs)
  return endsMs
}
