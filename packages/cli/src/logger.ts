import { createRequire } from 'node:module'
import type * as Pino from 'pino'
import type * as Pretty from 'pino-pretty'
import { usageError } from './error.ts'
import { nearestName } from './nearest.ts'

// Loaded when asked for: most commands log nothing, and start sooner without it.
const require = createRequire(import.meta.url)

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

/** Logs to stderr: for people on a terminal, JSON lines elsewhere. */
export function createLogger(options: { level: string; name: string }): Pino.Logger {
  const { level, name } = options
  if (!LEVELS.includes(level)) {
    const nearest = nearestName(level, LEVELS)
    throw usageError(
      `'${level}' is not a log level`,
      nearest === undefined ? `one of ${LEVELS.join(', ')}` : `did you mean ${nearest}?`,
    )
  }
  const { pino, stdSerializers } = require('pino') as typeof Pino
  // Events carry their cause as `error`; of itself pino would print an empty object for it.
  const settings = { level, name, base: { name }, serializers: { error: stdSerializers.err } }
  if (!process.stderr.isTTY) return pino(settings, pino.destination({ dest: 2, sync: true }))
  const { PinoPretty } = require('pino-pretty') as typeof Pretty
  const colorize = process.stderr.hasColors() && process.env['NO_COLOR'] === undefined
  return pino(
    settings,
    PinoPretty({ destination: 2, sync: true, colorize, ignore: 'pid,hostname', translateTime: 'HH:MM:ss' }),
  )
}
