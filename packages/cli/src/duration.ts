import { usageError } from './error.ts'

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
]
const MS_PER_UNIT = new Map([...UNITS, ['ms', 1]])

/** The two largest units: `3d4h`, `2m10s`, `41s`, `1.4s`, `850ms`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}ms`
  if (ms < 9950) return `${(ms / 1000).toFixed(1).replace(/\.0$/, '')}s`
  let rest = Math.round(ms / 1000) * 1000
  const parts: string[] = []
  for (const [name, size] of UNITS) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count}${name}`)
    else if (parts.length > 0) break
    if (parts.length === 2) break
  }
  return parts.join('')
}

/** `250ms`, `30s`, `1m30s`, `2h`, `1d` → milliseconds. A bare number is refused: nobody agrees on its unit. */
export function parseDuration(text: string): number {
  const compact = text.trim().toLowerCase()
  if (compact === '0') return 0
  if (!/^(\d+(\.\d+)?(ms|[dhms]))+$/.test(compact)) {
    throw usageError(`'${text}' is not a duration`, 'write it with a unit, as in 30s, 1m30s, 2h or 250ms')
  }
  let total = 0
  for (const [, count, unit] of compact.matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g)) {
    total += Number(count) * (MS_PER_UNIT.get(unit ?? '') ?? NaN)
  }
  return Math.round(total)
}
