/** What a refresh that failed is told as, and whether to try again before the time is up. */
import { formatTarget, ReleaseError, type Target } from '@shoal/release'
import { PeerError } from '../error.ts'
import type { Heard } from './hear.ts'

export class Unresolved extends Error {
  override readonly name = 'Unresolved'
  /** What callers are told. */
  readonly failure: Error
  /** Waiting longer would change nothing. */
  readonly isFinal: boolean

  constructor(failure: Error, isFinal: boolean) {
    super(failure.message, { cause: failure })
    this.failure = failure
    this.isFinal = isFinal
  }
}

/** @param error undefined when all verified and there is no such release */
export function unresolved(
  error: unknown,
  target: Target,
  {
    origin,
    expectsNeighbours,
    signal,
  }: { origin: { url: string } | undefined; expectsNeighbours: boolean; signal: AbortSignal },
  heard: Heard | undefined,
): Unresolved {
  if (error instanceof Unresolved) return error
  const isFinal = heard?.origin === 'answered' || !expectsNeighbours
  const where = origin === undefined ? 'no neighbour' : `neither ${origin.url} nor any neighbour`
  const name = `${formatTarget(target)} for ${target.platform}`
  const isNothing = error === undefined || isMissing(error)
  if (!isNothing) return new Unresolved(error as Error, isFinal)
  if (heard?.origin === 'failed' && !expectsNeighbours) return new Unresolved(heard.originError as Error, isFinal)
  if (signal.aborted && heard?.origin !== 'answered') {
    return new Unresolved(new PeerError('TIMEOUT', `${where} named a release of ${name} in time`), true)
  }
  return new Unresolved(new PeerError('NOT_FOUND', `${where} has a release of ${name}`), isFinal)
}

/** Something was said and not believed. */
export function isRefusal(failure: Error): boolean {
  return (
    failure instanceof ReleaseError && (failure.code === 'METADATA_INVALID' || failure.code === 'METADATA_UNTRUSTED')
  )
}

function isMissing(error: unknown): boolean {
  return error instanceof ReleaseError && error.rule === 'metadata-missing'
}
