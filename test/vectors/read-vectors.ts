import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Vector {
  name: string
  content: Record<string, unknown>
}

export interface InvalidVector extends Vector {
  code: string
  rule: string
}

export function readVectors(kind: string, folder: 'valid' | 'invalid'): Vector[] {
  const path = join(import.meta.dirname, kind, folder)
  return readdirSync(path)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => ({
      name: file.slice(0, -'.json'.length),
      content: reviveBytes(readFileSync(join(path, file), 'utf8')),
    }))
}

export function readInvalid(kind: string): InvalidVector[] {
  return readVectors(kind, 'invalid').map(({ name, content }) => {
    const { code, rule } = content
    if (typeof code !== 'string' || typeof rule !== 'string')
      throw new Error(`${kind}/invalid/${name} states no code and rule`)
    return { name, content, code, rule }
  })
}

function reviveBytes(text: string): Record<string, unknown> {
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return value
    if ('hex' in value && typeof value.hex === 'string') return plain(Buffer.from(value.hex, 'hex'))
    if ('base64' in value && typeof value.base64 === 'string') return plain(Buffer.from(value.base64, 'base64'))
    if ('zeros' in value && typeof value.zeros === 'number') return new Uint8Array(value.zeros)
    return value
  }) as Record<string, unknown>
}

function plain(bytes: Buffer): Uint8Array {
  return Uint8Array.from(bytes)
}
