// Whom a peer hears of: neighbours first, but never neighbours only. A site whose peers know just each other starves when
// none of them has the release.

export interface Candidate {
  complete: boolean
  role: 'device' | 'cache'
}

/** Of the slots for those outside, at least this share is kept. */
const FAR_SHARE = 1 / 4
/** How much likelier than others: those that have everything, and those whose only purpose is to serve. */
const COMPLETE_WEIGHT = 2
const CACHE_WEIGHT = 2

/** Picks `want` at most; near ones come first. Slots that one side cannot fill go to the other. */
export function handOut<T extends Candidate>(
  { near, far }: { near: readonly T[]; far: readonly T[] },
  want: number,
  random: () => number,
): T[] {
  const kept = want > 1 ? Math.ceil(want * FAR_SHARE) : 0
  const farSlots = Math.min(far.length, Math.max(kept, want - near.length))
  return [...pick(near, want - farSlots, random), ...pick(far, farSlots, random)]
}

/** Weighted, without repetition: each draws a number that its weight pulls up, and the highest are taken. */
function pick<T extends Candidate>(candidates: readonly T[], count: number, random: () => number): T[] {
  const highest: { candidate: T; draw: number }[] = []
  for (const candidate of candidates) {
    const draw = random() ** (1 / weightOf(candidate))
    if (highest.length >= count && draw <= (highest.at(-1)?.draw ?? 1)) continue
    const place = highest.findIndex((other) => other.draw < draw)
    highest.splice(place < 0 ? highest.length : place, 0, { candidate, draw })
    if (highest.length > count) highest.pop()
  }
  return highest.map(({ candidate }) => candidate)
}

function weightOf({ complete, role }: Candidate): number {
  return (complete ? COMPLETE_WEIGHT : 1) * (role === 'cache' ? CACHE_WEIGHT : 1)
}
