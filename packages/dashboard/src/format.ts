/** Figures as people read them. */
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
const SPANS: readonly (readonly [name: string, seconds: number])[] = [
  ['y', 31_536_000],
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
]

/** `41.8 GB`: decimal units, three figures at most. */
export function bytesInWords(bytes: number): string {
  let value = bytes
  let unit = 0
  // 999.5 would be shown as 1000
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000
    unit++
  }
  return `${value.toFixed(unit === 0 || value >= 99.95 ? 0 : 1)} ${UNITS[unit] ?? ''}`
}

export function countInWords(count: number): string {
  return count.toLocaleString('en')
}

/** `1 device`, `1,988 devices`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countInWords(count)} ${count === 1 ? one : many}`
}

/** `94.2 %`, `24.0 %`, so that they stand under one another; 0 of nothing is a dash. */
export function shareInWords(part: number, whole: number): string {
  if (whole === 0) return '–'
  const percent = (100 * part) / whole
  // All but one of a million is not all.
  if (percent > 99.9 && percent < 100) return '99.9 %'
  if (percent > 0 && percent < 0.1) return '< 0.1 %'
  return percent === 0 || percent === 100 ? `${percent} %` : `${percent.toFixed(1)} %`
}

/** `2 d 3 h`, `17 min`: the two largest units, or only the largest when it is of seconds or many. */
export function spanInWords(seconds: number): string {
  let rest = Math.max(0, Math.round(seconds))
  const parts: string[] = []
  for (const [name, size] of SPANS) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count} ${name}`)
    if (parts.length === 2 || (parts.length === 1 && count === 0)) break
  }
  return parts.length === 0 ? '0 s' : parts.join(' ')
}

/** `3 min ago`, `in 2 d`. */
export function agoInWords(atMs: number, nowMs: number): string {
  const seconds = Math.round((nowMs - atMs) / 1_000)
  if (Math.abs(seconds) < 5) return 'just now'
  const [span = ''] = /^\S+ \S+/.exec(spanInWords(Math.abs(seconds))) ?? []
  return seconds > 0 ? `${span} ago` : `in ${span}`
}

/** By the clock of whoever looks: `25 Nov 2026, 14:02:07`. */
export function momentInWords(atMs: number): string {
  return new Date(atMs).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })
}

export function hourInWords(atMs: number): string {
  return new Date(atMs).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
}
