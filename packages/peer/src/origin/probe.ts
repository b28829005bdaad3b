import { originPath } from '@shoal/release'
import type { OriginConnection } from './connection.ts'
import { request } from './request.ts'

export interface OriginProbe {
  roundTripMs: number
  /** Whether it answers a Range request with that range; undefined when the file that was asked for is not there. */
  rangeWorks: boolean | undefined
  /** By the clock of the origin, whole seconds. */
  dateMs: number | undefined
}

/** Asks for the first two bytes of what every origin has. Throws as other requests do. */
export async function probeOrigin(connection: OriginConnection, signal: AbortSignal): Promise<OriginProbe> {
  const startedMs = performance.now()
  const path = originPath.metadata('timestamp.json')
  const answer = await request(connection, path, { range: { start: 0, end: 2 }, signal })
  const roundTripMs = performance.now() - startedMs
  answer?.body.on('error', () => undefined).destroy()
  const date = answer?.headers['date']
  const dateMs = typeof date === 'string' ? Date.parse(date) : NaN
  return {
    roundTripMs,
    rangeWorks: answer === undefined ? undefined : answer.end !== undefined,
    dateMs: Number.isNaN(dateMs) ? undefined : dateMs,
  }
}
