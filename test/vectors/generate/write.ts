import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Vector {
  /** File name without ".json". For invalid ones the rule, or "rule--variant". */
  name: string
  [key: string]: unknown
}

export function writeVectors(kind: string, folder: 'valid' | 'invalid', vectors: readonly Vector[]): void {
  const path = join(import.meta.dirname, '..', kind, folder)
  rmSync(path, { recursive: true, force: true })
  mkdirSync(path, { recursive: true })
  for (const { name, ...content } of vectors) {
    writeFileSync(join(path, `${name}.json`), `${JSON.stringify(content, replaceBytes, 2)}\n`)
  }
}

/** Bytes become {"hex": …} when few, {"base64": …} when many, {"zeros": n} when all zero and very many. */
function replaceBytes(this: Record<string, unknown>, key: string): unknown {
  // Not the value that JSON.stringify passes: a Buffer has turned itself into an object by then.
  const value = this[key]
  if (!(value instanceof Uint8Array)) return value
  if (value.length > 1_000_000 && value.every((byte) => byte === 0)) return { zeros: value.length }
  const bytes = Buffer.from(value)
  return value.length <= 64 ? { hex: bytes.toString('hex') } : { base64: bytes.toString('base64') }
}
