import { createRequire } from 'node:module'
import type * as Pino from 'pino'
import type * as Pretty from 'pino-pretty'
import { usageError } from './error.ts'
import { cleanField } from './log-fields.ts'
import { nearestName } from './nearest.ts'

// Loaded when asked for: most commands log nothing, and start sooner without it.
const require = createRequire(import.meta.url)

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

/** All that a program may say in its log, and how loud it is. Names are words with hyphens. */
export type LogEvents<Event extends string> = Record<Event, 'debug' | 'info' | 'warn' | 'error'>

/** One line: an event, and what belongs to it. */
export type Log<Event extends string> = (event: Event, fields?: object) => void

/**
 * Logs to stderr: for people on a terminal, JSON lines elsewhere, whose `msg` is the event. Only errors have stacks.
 * @throws CliError of usage
 */
export function createLog<Event extends string>(
  events: LogEvents<Event>,
  { level, name }: { level: string; name: string },
): Log<Event> {
  const logger = createLogger(level, name)
  return (event, fields = {}) => {
    const level = events[event]
    if (logger.isLevelEnabled(level)) logger[level](cleanField(fields, { stacks: level === 'error' }), event)
  }
}

function createLogger(level: string, name: string): Pino.Logger {
  if (!LEVELS.includes(level)) {
    const nearest = nearestName(level, LEVELS)
    throw usageError(
      `'${level}' is not a log level`,
      nearest === undefined ? `one of ${LEVELS.join(', ')}` : `did you mean ${nearest}?`,
    )
  }
  const { pino } = require('pino') as typeof Pino
  const settings = { level, name, base: { name } }
  if (!process.stderr.isTTY) return pino(settings, pino.destination({ dest: 2, sync: true }))
  const { PinoPretty } = require('pino-pretty') as typeof Pretty
  const colorize = process.stderr.hasColors() && process.env['NO_COLOR'] === undefined
  return pino(
    settings,
    PinoPretty({ destination: 2, sync: true, colorize, ignore: 'pid,hostname', translateTime: 'HH:MM:ss' }),
  )
}
