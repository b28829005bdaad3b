/** What a log line may hold: much of it was said by others, who may want to fill a disk, or to write to a terminal. Pure. */
import { LOG_DEPTH_MAX, LOG_ITEMS_MAX, LOG_STRING_CHARACTERS_MAX } from './limits.ts'

/** Controls, invisible marks such as those that turn the direction of text, halves of characters, and separators of lines. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Cut, and without a character that a terminal would obey. */
export function cleanText(text: string): string {
  const isLong = text.length > LOG_STRING_CHARACTERS_MAX
  const kept = isLong ? `${text.slice(0, LOG_STRING_CHARACTERS_MAX)}…` : text
  return kept.replace(UNPRINTABLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
}

/**
 * The same of all that is in it; what is neither plain nor a list is what its `toString` says.
 * @param options `stacks`: errors say where they came from
 */
export function cleanField(value: unknown, options: { stacks: boolean }, depth = 0): unknown {
  if (typeof value === 'string') return cleanText(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return cleanError(value, options)
  if (depth >= LOG_DEPTH_MAX) return '…'
  if (Array.isArray(value)) return value.slice(0, LOG_ITEMS_MAX).map((each) => cleanField(each, options, depth + 1))
  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- addresses and ids say what they are
  if (!isPlain(value)) return cleanText(String(value))
  const entries = Object.entries(value).slice(0, LOG_ITEMS_MAX)
  return Object.fromEntries(entries.map(([key, each]) => [cleanText(key), cleanField(each, options, depth + 1)]))
}

/** One message for it and all that caused it. */
function cleanError(error: Error, { stacks }: { stacks: boolean }): object {
  const errors = [error]
  for (let cause = error.cause; cause instanceof Error && errors.length < LOG_ITEMS_MAX; cause = cause.cause) {
    errors.push(cause)
  }
  const message = cleanText(errors.map((each) => each.message).join(': '))
  const code = errors.map((each) => (each as { code?: unknown }).code).find((each) => typeof each === 'string')
  const stack = stacks ? { stack: errors.flatMap(framesOf).map(cleanText).join('\n') } : {}
  return { type: cleanText(error.name), ...(code === undefined ? {} : { code: cleanText(code) }), message, ...stack }
}

/** Without the message, which may pretend to be lines of its own. */
function framesOf({ name, stack = '' }: Error): string[] {
  return [name, ...stack.split('\n').filter((line) => /^ {4}at /.test(line))].slice(0, LOG_ITEMS_MAX)
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
