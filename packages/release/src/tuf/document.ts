import { ReleaseError } from '../error.ts'
import { METADATA_DEPTH_MAX } from '../limits.ts'
import { isRecord } from '../manifest/wire.ts'
import type { Rule } from '../rules.ts'

export type JsonObject = Record<string, unknown>

export function refuse(rule: Rule<'METADATA_INVALID'>, message: string, cause?: unknown): never {
  throw new ReleaseError('METADATA_INVALID', rule, `metadata: ${message}`, cause === undefined ? {} : { cause })
}

/**
 * Reads a JSON object that every parser reads alike: UTF-8, no key twice in one object, none that JavaScript gives a meaning of
 * its own, and not too deep.
 */
export function readDocument(bytes: Uint8Array, bytesMax: number): JsonObject {
  if (bytes.length > bytesMax) refuse('metadata-size', `it has ${bytes.length} bytes, more than ${bytesMax}`)
  const text = decodeText(bytes)
  const value = parseJson(text)
  if (!isRecord(value)) refuse('metadata-shape', 'it is not a JSON object')
  // A key that stands twice in an object is written once more than it is there after parsing.
  if (countKeysWritten(text) !== countKeys(value, 1)) refuse('metadata-keys', 'a key stands twice in one object')
  return value
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    refuse('metadata-json', 'it is not UTF-8', error)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    refuse('metadata-json', 'it is not JSON', error)
  }
}

/** In JSON that was parsed every string ends, so this takes linear time. */
const KEYS = /"(?:[^"\\]|\\.)*"(\s*:)?/g

function countKeysWritten(text: string): number {
  let count = 0
  for (const match of text.matchAll(KEYS)) if (match[1] !== undefined) count += 1
  return count
}

function countKeys(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0
  if (depth > METADATA_DEPTH_MAX) refuse('metadata-depth', `it nests deeper than ${METADATA_DEPTH_MAX}`)
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + countKeys(item, depth + 1), 0)
  let count = 0
  for (const [key, item] of Object.entries(value)) {
    if (key in Object.prototype) refuse('metadata-keys', `the key ${key} is not allowed`)
    count += 1 + countKeys(item, depth + 1)
  }
  return count
}
