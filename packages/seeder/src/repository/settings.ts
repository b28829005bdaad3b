import { parseName } from '@shoal/release'
import { SeederError } from '../error.ts'
import { parseKeySource, type KeySource } from '../keys/source.ts'
import { LIFE_DAYS, LIFE_DAYS_MAX } from '../limits.ts'

/** Days for which what a role signs is valid. */
export type LifeDays = Record<keyof typeof LIFE_DAYS, number>

/** What stands in repository.json. */
export interface RepositorySettings {
  /** The only product that this repository publishes. */
  product?: string | undefined
  /** Where the key of each key id is. */
  keys: Record<string, KeySource>
  lifeDays: LifeDays
}

export function encodeSettings({ product, keys, lifeDays }: RepositorySettings): string {
  return `${JSON.stringify({ v: 2, type: 'shoal/repository', product, lifeDays, keys }, undefined, 2)}\n`
}

/** @throws SeederError REPOSITORY_INVALID */
export function parseSettings(bytes: Uint8Array, file: string): RepositorySettings {
  const value = parseJson(Buffer.from(bytes).toString(), file)
  if (!isRecord(value) || value['v'] !== 2) refuse(file, 'is not the settings of a repository')
  const { product, keys, lifeDays } = value
  if (product !== undefined && typeof product !== 'string') refuse(file, "has a 'product' that is not text")
  const name = product === undefined ? {} : { product: parseName(product, 'product') }
  return { ...name, keys: parseKeys(keys, file), lifeDays: parseLifeDays(lifeDays, file) }
}

function parseKeys(value: unknown, file: string): Record<string, KeySource> {
  if (!isRecord(value)) refuse(file, "has no 'keys'")
  const keys: Record<string, KeySource> = {}
  for (const [id, source] of Object.entries(value)) {
    if (!/^[0-9a-f]{64}$/.test(id) || typeof source !== 'string') refuse(file, `names no key with '${id.slice(0, 80)}'`)
    keys[id] = parseKeySource(source)
  }
  return keys
}

function parseLifeDays(value: unknown, file: string): LifeDays {
  const given = isRecord(value) ? value : {}
  const days: LifeDays = { ...LIFE_DAYS }
  for (const [name, count] of Object.entries(given)) {
    if (!Object.hasOwn(LIFE_DAYS, name) || !isDays(count)) {
      refuse(file, `has a 'lifeDays.${name.slice(0, 80)}' that is not a number of days up to ${LIFE_DAYS_MAX}`)
    }
    days[name as keyof LifeDays] = count
  }
  return days
}

export function isDays(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value <= LIFE_DAYS_MAX
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    refuse(file, 'is not JSON', error)
  }
}

function refuse(file: string, message: string, cause?: unknown): never {
  throw new SeederError('REPOSITORY_INVALID', `${file} ${message}`, { cause })
}
