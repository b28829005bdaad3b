/**
 * Who fetches a span for its site: the highest rendezvous hash over the site's peers that still need it. Every peer
 * computes the same answer from the same members, so each copy crosses the uplink once without anyone coordinating.
 */

/** 32-bit FNV-1a of a peer id, the peer's seed in every ranking. */
export function hashPeer(id: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** The weight of a peer for a span; the highest owns it. */
export function weigh(span: number, peerHash: number): number {
  let hash = Math.imul(span ^ 0x9e3779b9, 0x85ebca6b) ^ peerHash
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d)
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b)
  return (hash ^ (hash >>> 16)) >>> 0
}

export interface Claimant {
  id: string
  hash: number
}

/** Whether `self` owns the span among itself and the others. Equal weights fall to the smaller id. */
export function owns(span: number, self: Claimant, others: readonly Claimant[]): boolean {
  if (others.length === 0) return true
  const mine = weigh(span, self.hash)
  for (const other of others) {
    const theirs = weigh(span, other.hash)
    if (theirs > mine || (theirs === mine && other.id < self.id)) return false
  }
  return true
}
