/** What the swarm core hears and what it answers: plain data, so that the daemon and a simulation can share the core. */

/** The HTTP origin as a source, beside peer ids. No peer id has this form. */
export const ORIGIN = 'origin'

/** A peer id, or `ORIGIN`. */
export type Source = string

/** Why a span was asked of its source; counted, so that "why did bytes come from the origin" has an answer. */
export type Reason =
  | 'lan-holder' // a neighbour of this site has it
  | 'endgame' // asked a second time, because its first source is slow and little else is left
  | 'wan-holder' // nobody of this site has it, a remote neighbour does
  | 'alone' // nobody of this site takes part: the origin is the only source
  | 'owner' // nobody nearby has it, and this peer owns it for the site
  | 'holders-failed' // neighbours of this site have it, but none of them delivers it
  | 'hedge' // the owner made no progress, this peer is next in order
  | 'floor' // neighbours hold it, but the rate is under the quality-of-service floor

export type SwarmEvent =
  | { type: 'joined'; peer: string; local: boolean; spans: Uint8Array; nowMs: number }
  | { type: 'left'; peer: string }
  | { type: 'have'; peer: string; span: number; nowMs: number }
  /** It fetches the span from beyond the site, or (`began` is false) does so no longer. */
  | { type: 'fetching'; peer: string; span: number; began: boolean; nowMs: number }
  | { type: 'progress'; from: Source; span: number; bytes: number; nowMs: number }
  /** The span is verified and on disk. */
  | { type: 'done'; from: Source; span: number; nowMs: number }
  /** The source did not deliver; `corrupt` when it delivered bytes that do not verify. */
  | { type: 'failed'; from: Source; span: number; cause: 'refused' | 'busy' | 'lost' | 'corrupt'; nowMs: number }
  /** What limits on traffic leave: most bytes in flight from neighbours of this site, from others, and from the origin. 0: ask none. */
  | { type: 'limited'; lanBytesMax: number; wanBytesMax: number; originBytesMax: number }

export type Decision =
  | { type: 'request'; from: Source; span: number; reason: Reason }
  | { type: 'cancel'; from: Source; span: number; cause: 'stalled' | 'lost-race' }
  /** What the origin has sent nothing of for so long is to be asked for once more, over another connection. */
  | { type: 'renew'; quietMs: number }
  | { type: 'ban'; peer: string; cause: 'corrupt' }

/** How many missing spans wait for what. */
export interface Waiting {
  /** Another peer of the site owns it and is at work. */
  owner: number
  /** Its holders have no room for another request. */
  busy: number
  /** No neighbour has it and the origin is forbidden. */
  nobody: number
  /** Its turn at the origin has not come. */
  origin: number
}
