import { Agent } from 'undici'
import { parseOriginAddress } from './address.ts'
import type { OriginAddress } from './address.ts'
import type { OriginSettings } from './options.ts'
import { createStats } from './stats.ts'
import { createTurns, type Turns } from './turns.ts'
import type { OriginStats } from './stats.ts'

/** What all requests of a client share. */
export interface OriginConnection {
  readonly address: OriginAddress
  readonly settings: OriginSettings
  readonly stats: OriginStats
  readonly agent: Agent
  /** Of ranges, over which connections they come. */
  readonly turns: Turns
  /** Ranges under way. */
  readonly underWay: Set<UnderWay>
  /** No request before this time (performance.now): the origin asked for it. */
  holdUntilMs: number
  /** The origin has answered a Range request with a whole object. */
  ignoresRange: boolean
}

export interface UnderWay {
  /** When the last byte came, or it was asked for. On the clock of performance.now(). */
  heardMs: number
  /** Gives this connection up and goes on over another one, where it stands. */
  renew(): void
}

export function openConnection(url: string, settings: OriginSettings): OriginConnection {
  return {
    address: parseOriginAddress(url),
    settings,
    stats: createStats(),
    agent: new Agent({
      connections: settings.connectionsMax,
      // Several HTTP/1.1 connections carry bulk better than streams that share one window.
      allowH2: false,
      pipelining: 1,
      connect: { timeout: settings.connectTimeoutMs },
      headersTimeout: settings.headersTimeoutMs,
      bodyTimeout: settings.progressTimeoutMs,
    }),
    turns: createTurns(settings.connectionsMax),
    underWay: new Set(),
    holdUntilMs: 0,
    ignoresRange: false,
  }
}
