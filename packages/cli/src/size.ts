import { usageError } from './error.ts'

const DECIMAL_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
const FACTORS: Record<string, number> = {
  '': 1,
  b: 1,
  ...powers(1000, ['k', 'm', 'g', 't']),
  ...powers(1000, ['kb', 'mb', 'gb', 'tb']),
  ...powers(1024, ['kib', 'mib', 'gib', 'tib']),
}

/** `41.8 GB`: decimal units, three figures at most. */
export function formatBytes(bytes: number): string {
  let value = Math.abs(bytes)
  let unit = 0
  // 999.5 would be shown as 1000
  while (value >= 999.5 && unit < DECIMAL_UNITS.length - 1) {
    value /= 1000
    unit++
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1
  return `${bytes < 0 ? '-' : ''}${value.toFixed(digits)} ${DECIMAL_UNITS[unit] ?? ''}`
}

/** `64MiB`, `1.5 GB`, `200k`, `4096` → bytes. k, M, G are powers of 1000; Ki, Mi, Gi of 1024. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim())
  const factor = FACTORS[match?.[2]?.toLowerCase() ?? '?']
  const bytes = Math.round(Number(match?.[1]) * (factor ?? NaN))
  if (!Number.isSafeInteger(bytes)) throw usageError(`'${text}' is not a size`, 'write it as in 64MiB, 1.5GB or 4096')
  return bytes
}

function powers(base: number, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name, at) => [name, base ** (at + 1)]))
}
