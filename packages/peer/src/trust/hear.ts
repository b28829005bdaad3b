/** The first round of a refresh: the origin and every neighbour are asked for the next root and for the timestamp, together. */
import { checkMetadata, METADATA_BYTES_MAX, metadataFile } from '@shoal/release'
import { PeerError } from '../error.ts'
import type { Neighbour, Neighbours } from '../neighbours/index.ts'
import type { OriginClient } from '../origin/index.ts'

export interface Speakers {
  neighbours: Pick<Neighbours, 'linked' | 'onLinked'>
  origin: Pick<OriginClient, 'fetchMetadata'> | undefined
  /** Whether neighbours may yet appear; when not, the origin's answer is the last word. */
  expectsNeighbours: boolean
  /** With metadata on disk already nobody is waited for long; the next refresh asks again. */
  isKnown: boolean
  /** Whether what one source said is signed as it must be; whoever forges is heard, but ends no wait for others. */
  proves: (answer: { root: Uint8Array | undefined; timestamp: Uint8Array | undefined }) => boolean
  /** Ends the wait for those who have not answered. */
  signal: AbortSignal
}

export interface Heard {
  roots: Uint8Array[]
  timestamps: Uint8Array[]
  /** `failed`: it could not be asked. */
  origin: 'none' | 'answered' | 'failed'
  originError: unknown
  /** Whether the origin, or else a neighbour, had a timestamp. */
  from: 'origin' | 'neighbour' | 'nobody'
}

/** The files of which nobody knows beforehand what the newest version is. */
type Newest = 'root' | 'timestamp'

/**
 * After the origin's answer, or the first of a neighbour when there is no origin, the others get as long again as that took to
 * know better: on a LAN they need no more than that, and far away no less. Within these.
 */
const GRACE_MIN_MS = 100
const GRACE_MAX_MS = 500
/** And the origin this long to answer at all. */
const ORIGIN_GRACE_MS = 5_000
const KNOWN_WAIT_MS = 5_000

/**
 * Never rejects: what could not be asked has not answered.
 * @param onUnreadable hears of a neighbour whose answer cannot be metadata at all; such an answer counts as none
 */
export function hear(
  rootVersion: number,
  { neighbours, origin, expectsNeighbours, isKnown, proves, signal }: Speakers,
  onUnreadable: (neighbour: Neighbour, error: Error) => void,
): Promise<Heard> {
  const { promise, resolve } = Promise.withResolvers<Heard>()
  const over = new AbortController()
  const asking = AbortSignal.any([signal, over.signal])
  const heard: Heard = { roots: [], timestamps: [], origin: 'none', originError: undefined, from: 'nobody' }
  let isOriginAsked = origin !== undefined
  let hasProof = false
  let pending = 0
  let deadlineMs = Infinity
  const startedMs = performance.now()
  let timer: NodeJS.Timeout | undefined

  function settle(): void {
    if (over.signal.aborted) return
    over.abort()
    clearTimeout(timer)
    stopListening()
    signal.removeEventListener('abort', settle)
    resolve(heard)
  }

  function settleIn(ms: number): void {
    const atMs = performance.now() + ms
    if (over.signal.aborted || atMs >= deadlineMs) return
    deadlineMs = atMs
    clearTimeout(timer)
    timer = setTimeout(settle, ms)
  }

  function review(): void {
    if (isOriginAsked) {
      if (hasProof) settleIn(ORIGIN_GRACE_MS)
      return
    }
    if (heard.origin !== 'answered' && !hasProof && (expectsNeighbours || pending > 0)) return
    // Without the origin's word a neighbour that is not linked yet may know better than the one that is.
    const isAll = pending === 0 && (heard.origin === 'answered' || !expectsNeighbours)
    if (isAll) settle()
    else settleIn(Math.min(GRACE_MAX_MS, Math.max(GRACE_MIN_MS, performance.now() - startedMs)))
  }

  async function ask(fetch: (kind: Newest, file: string) => Promise<Uint8Array | undefined>): Promise<boolean> {
    const [root, timestamp] = await Promise.all([
      fetch('root', metadataFile('root', rootVersion)),
      fetch('timestamp', metadataFile('timestamp')),
    ])
    if (over.signal.aborted) return false
    if (root !== undefined) heard.roots.push(root)
    if (timestamp !== undefined) heard.timestamps.push(timestamp)
    hasProof ||= proves({ root, timestamp })
    return timestamp !== undefined
  }

  async function askOrigin(from: Pick<OriginClient, 'fetchMetadata'>): Promise<void> {
    try {
      const hasTimestamp = await ask((kind, file) =>
        from.fetchMetadata(file, METADATA_BYTES_MAX[kind], { signal: asking }),
      )
      if (over.signal.aborted) return
      heard.origin = 'answered'
      if (hasTimestamp) heard.from = 'origin'
    } catch (error) {
      if (over.signal.aborted) return
      heard.origin = 'failed'
      heard.originError = error
    }
    isOriginAsked = false
    review()
  }

  async function askNeighbour(neighbour: Neighbour): Promise<void> {
    pending += 1
    try {
      const hasTimestamp = await ask(async (kind, file) => {
        const bytes = await neighbour.requester?.fetchMetadata(file, METADATA_BYTES_MAX[kind], asking)
        const error = bytes === undefined ? undefined : unreadable(kind, bytes)
        if (error === undefined) return bytes
        onUnreadable(neighbour, error)
        return undefined
      })
      if (hasTimestamp && heard.from === 'nobody') heard.from = 'neighbour'
    } catch (error) {
      // A link that ended has not answered; anything else is not a neighbour's doing.
      if (!(error instanceof PeerError) && !asking.aborted) throw error
    } finally {
      pending -= 1
    }
    review()
  }

  const stopListening = neighbours.onLinked((neighbour) => void askNeighbour(neighbour))
  signal.addEventListener('abort', settle)
  if (isKnown) settleIn(KNOWN_WAIT_MS)
  for (const neighbour of neighbours.linked()) void askNeighbour(neighbour)
  if (origin !== undefined) void askOrigin(origin)
  if (signal.aborted) settle()
  else review()
  return promise
}

function unreadable(kind: Newest, bytes: Uint8Array): Error | undefined {
  try {
    checkMetadata(kind, bytes, METADATA_BYTES_MAX[kind])
    return undefined
  } catch (error) {
    return error as Error
  }
}
