/** Reads a rate as people write it. */
import { CliError, formatBytes, parseSize, usageError } from '@shoal/cli'
import { LIMITS } from '../limits.ts'

const NAMES: Record<string, number> = { unlimited: Infinity, never: 0, '0': 0 }

/** `5MB/s`, `200kB/s`, `unlimited`, `0` → bytes a second. */
export function parseRate(text: string): number {
  const written = text.trim().toLowerCase()
  const named = NAMES[written]
  if (named !== undefined) return named
  const fix = 'write it as in 5MB/s, 200kB/s, unlimited, or 0 for never'
  let rate: number
  try {
    rate = parseSize(written.replace(/\/s$/, ''))
  } catch (cause) {
    if (!(cause instanceof CliError)) throw cause
    throw usageError(`'${text}' is not a rate`, fix)
  }
  if (rate < LIMITS.rateMinBytesPerSecond)
    throw usageError(
      `'${text}' is too little to keep a link going`,
      `${fix}; the least is ${formatRate(LIMITS.rateMinBytesPerSecond)}`,
    )
  return rate
}

export function formatRate(rate: number): string {
  if (rate === Infinity) return 'unlimited'
  return rate === 0 ? 'never' : `${formatBytes(rate)}/s`
}
