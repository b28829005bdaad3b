/** Which releases a cache gives up for one that it is to take. Pure. */
import type { ReleaseId } from '@shoal/release'

export interface HeldRelease {
  id: ReleaseId
  bytes: number
  /** When something of it was last sent to a neighbour, or it was fetched. */
  usedMs: number
  /** Stays, because a channel that is followed stands for it: given up, it would be fetched again at once. */
  isPinned: boolean
}

export interface RoomLimits {
  bytesMax: number
  releasesMax: number
}

/** One that was used so lately may be on its way to somebody now. */
const IN_USE_MS = 30_000

/**
 * Whole releases, the least recently used first, those in use last. Undefined when all that may go is not enough.
 * @param incomingBytes of the release that is to be taken
 */
export function makeRoom(
  held: readonly HeldRelease[],
  incomingBytes: number,
  { bytesMax, releasesMax }: RoomLimits,
  nowMs: number,
): ReleaseId[] | undefined {
  let bytes = held.reduce((sum, each) => sum + each.bytes, incomingBytes)
  let count = held.length + 1
  const isInUse = ({ usedMs }: HeldRelease): boolean => nowMs - usedMs < IN_USE_MS
  const order = held
    .filter(({ isPinned }) => !isPinned)
    .sort((a, b) => Number(isInUse(a)) - Number(isInUse(b)) || a.usedMs - b.usedMs)
  const given: ReleaseId[] = []
  for (const each of order) {
    if (bytes <= bytesMax && count <= releasesMax) break
    given.push(each.id)
    bytes -= each.bytes
    count--
  }
  return bytes <= bytesMax && count <= releasesMax ? given : undefined
}
