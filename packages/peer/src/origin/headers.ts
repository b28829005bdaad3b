/** Response headers as the HTTP library hands them over. */
export type Headers = Record<string, string | string[] | undefined>

export interface ContentRange {
  first: number
  last: number
}

/** RFC 9110 14.4, the satisfied form only; undefined for anything else. */
export function parseContentRange(value: Headers[string]): ContentRange | undefined {
  const match = typeof value === 'string' ? /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(value) : null
  if (match === null) return undefined
  const [first, last, total] = [Number(match[1]), Number(match[2]), match[3] === '*' ? Infinity : Number(match[3])]
  return first <= last && last < total ? { first, last } : undefined
}

/** RFC 9110 10.2.3: seconds, or a date. A date in the past is no wait; anything unreadable is no statement. */
export function parseRetryAfter(value: Headers[string], nowMs: number): number | undefined {
  if (typeof value !== 'string') return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  const date = /^[A-Z][a-z]{2},? /.test(value) ? Date.parse(value) : NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs)
}

export function parseContentLength(value: Headers[string]): number | undefined {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : undefined
}

export function isIdentityEncoding(value: Headers[string]): boolean {
  return value === undefined || value === '' || value === 'identity'
}
