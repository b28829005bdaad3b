export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** Canonical JSON, which is what signatures of The Update Framework are made over: sorted keys, no white space, whole numbers only. */
export function canonicalJson(value: Json): string {
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new RangeError(`${value} is no whole number`)
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const keys = Object.keys(value).toSorted()
  return `{${keys.map((key) => `${quoted(key)}:${canonicalJson(value[key] ?? null)}`).join(',')}}`
}

/** Unlike JSON, it escapes quotes and backslashes alone. */
function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}
