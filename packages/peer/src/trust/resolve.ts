/**
 * Which release a target stands for, decided by signatures alone. First form: one statement signed by a key of the
 * trusted root. The rest of the peer knows only `resolveRelease`.
 */
import { ReleaseError, verifyStatement, type Statement, type Target, type TrustedRoot } from '@shoal/release'
import { PeerError } from '../error.ts'
import type { Neighbour, Neighbours } from '../neighbours/index.ts'
import type { OriginClient } from '../origin/index.ts'
import type { Store } from '../store/index.ts'

export interface TrustSources {
  store: Pick<Store, 'getSigned' | 'putSigned'>
  neighbours: Pick<Neighbours, 'linked' | 'onLinked' | 'ban'>
  origin: OriginClient | undefined
  /** Whether neighbours may yet appear; when not, the origin's answer is the last word. */
  expectsNeighbours: boolean
  /** Ends the wait for sources that have not answered. */
  signal: AbortSignal
}

export interface Resolved {
  statement: Statement
  from: 'origin' | 'neighbour' | 'disk'
}

interface Candidate extends Resolved {
  bytes: Uint8Array
}

/** After the first valid answer of a neighbour the others get this long to know better. */
const GRACE_MS = 500
/** And the origin this long to answer at all. */
const ORIGIN_GRACE_MS = 5_000
/** With a statement on disk already, nobody is waited for longer than this; the next poll asks again. */
const KNOWN_WAIT_MS = 5_000

/** The name under which the statement of a target is kept and asked for. */
export function signedName(target: Target): string {
  const { product, channel, platform, version } = target
  return [product, channel, platform, ...(version === undefined ? [] : [version])].join('@')
}

/**
 * The newest release that anyone within reach can prove. Without a pinned version it is never older than what this
 * store has seen before.
 * @throws PeerError NOT_FOUND when the origin says that there is none and no neighbour knows better; TIMEOUT when
 *   nobody answered before the signal; ReleaseError when the only answers do not verify
 */
export async function resolveRelease(target: Target, root: TrustedRoot, sources: TrustSources): Promise<Resolved> {
  const { store } = sources
  const name = signedName(target)
  const seen = await readSeen(name, root, target, store)
  const best = await hear(target, root, seen, sources)
  if (best.from !== 'disk') await keep(best, target, root, store)
  return { statement: best.statement, from: best.from }
}

async function readSeen(
  name: string,
  root: TrustedRoot,
  target: Target,
  store: Pick<Store, 'getSigned'>,
): Promise<Candidate | undefined> {
  const bytes = await store.getSigned(name)
  if (bytes === undefined) return undefined
  try {
    return { bytes, statement: verifyStatement(bytes, root, target), from: 'disk' }
  } catch (error) {
    // Kept by an older root, or damaged: as good as absent.
    if (error instanceof ReleaseError) return undefined
    throw error
  }
}

function hear(
  target: Target,
  root: TrustedRoot,
  seen: Candidate | undefined,
  { origin, neighbours, expectsNeighbours, signal }: TrustSources,
): Promise<Candidate> {
  const name = signedName(target)
  const { promise, resolve, reject } = Promise.withResolvers<Candidate>()
  const over = new AbortController()
  const asking = AbortSignal.any([signal, over.signal])
  let best: Candidate | undefined
  let refused: unknown
  let grace: NodeJS.Timeout | undefined
  const known = seen === undefined ? undefined : setTimeout(settle, KNOWN_WAIT_MS)

  function take(bytes: Uint8Array, from: 'origin' | 'neighbour', neighbour?: Neighbour): void {
    try {
      const statement = verifyStatement(bytes, root, target)
      if (seen !== undefined && statement.counter < seen.statement.counter) return
      if (best === undefined || statement.counter > best.statement.counter) best = { bytes, statement, from }
    } catch (error) {
      refused = error
      if (neighbour !== undefined) neighbours.ban(neighbour.key, 'a statement that does not verify')
    }
  }

  function settleIn(ms: number): void {
    if (over.signal.aborted) return
    clearTimeout(grace)
    grace = setTimeout(settle, ms)
  }

  function settle(): void {
    over.abort()
    clearTimeout(grace)
    clearTimeout(known)
    stopListening()
    signal.removeEventListener('abort', settle)
    const answer = best ?? seen
    if (answer !== undefined) resolve(answer)
    else if (refused !== undefined) reject(refused)
    else reject(signal.aborted ? timedOut(name, origin) : notFound(name, origin))
  }

  async function askNeighbour(neighbour: Neighbour): Promise<void> {
    try {
      const bytes = await neighbour.requester?.fetchSigned(name, asking)
      if (bytes !== undefined) take(bytes, 'neighbour', neighbour)
    } catch (error) {
      if (!asking.aborted) refused ??= error
    }
    if (best !== undefined && grace === undefined) settleIn(origin === undefined ? GRACE_MS : ORIGIN_GRACE_MS)
  }

  async function askOrigin(from: OriginClient): Promise<void> {
    try {
      const { version } = target
      const bytes =
        version === undefined
          ? await from.fetchLatest(target, { signal: asking })
          : await from.fetchStatement({ ...target, version }, { signal: asking })
      if (bytes !== undefined) take(bytes, 'origin')
    } catch (error) {
      if (over.signal.aborted) return
      refused ??= error
      // The origin cannot be asked: neighbours may still know, until the signal.
      if (!expectsNeighbours) settle()
      else if (best !== undefined) settleIn(GRACE_MS)
      return
    }
    if (best !== undefined || neighbours.linked().length === 0) settle()
    else settleIn(GRACE_MS)
  }

  const stopListening = neighbours.onLinked((neighbour) => void askNeighbour(neighbour))
  signal.addEventListener('abort', settle)
  if (signal.aborted) settle()
  for (const neighbour of neighbours.linked()) void askNeighbour(neighbour)
  if (origin !== undefined) void askOrigin(origin)
  return promise
}

/** A statement is kept under its version, and under the channel when it is the newest that was ever seen there. */
async function keep(
  found: Candidate,
  target: Target,
  root: TrustedRoot,
  store: Pick<Store, 'getSigned' | 'putSigned'>,
): Promise<void> {
  const { version } = found.statement
  await store.putSigned(signedName({ ...target, version }), found.bytes)
  const channel: Target = { product: target.product, channel: target.channel, platform: target.platform }
  const newest = await readSeen(signedName(channel), root, channel, store)
  if (newest === undefined || newest.statement.counter < found.statement.counter) {
    if (target.version === undefined) await store.putSigned(signedName(channel), found.bytes)
  }
}

function timedOut(name: string, origin: OriginClient | undefined): PeerError {
  const who = origin === undefined ? 'no neighbour' : `neither ${origin.url} nor any neighbour`
  return new PeerError('TIMEOUT', `${who} named a release of ${name.replaceAll('@', ' ')} in time`)
}

function notFound(name: string, origin: OriginClient | undefined): PeerError {
  const where = origin === undefined ? 'no neighbour' : `neither ${origin.url} nor any neighbour`
  return new PeerError('NOT_FOUND', `${where} has a release of ${name.replaceAll('@', ' ')}`)
}
