import { readFileSync, statSync } from 'node:fs'
import type { z } from 'zod'
import { CliError } from '../error.ts'
import { EXIT } from '../exit.ts'
import { CONFIG_FILE_BYTES_MAX } from '../limits.ts'
import { nearestName } from '../nearest.ts'
import { readEnvironment } from './environment.ts'
import { flatten, leavesOf, nest } from './shape.ts'
import { loadYaml } from './yaml.ts'

export interface ConfigSources {
  file?: string | undefined
  /** such as SHOAL_PEER_ */
  envPrefix: string
  env: NodeJS.ProcessEnv
  /** by dotted path or nested; undefined means not given */
  flags: Record<string, unknown>
}

/** Where a value came from, by dotted path. */
export type ConfigOrigins = ReadonlyMap<string, 'flag' | 'environment' | 'file' | 'default'>

/** Flags over environment over file over defaults; anything unknown or invalid is an error that names it. */
export function loadConfig<S extends z.ZodObject>(schema: S, sources: ConfigSources): z.infer<S> {
  return loadConfigWithOrigins(schema, sources).config
}

export function loadConfigWithOrigins<S extends z.ZodObject>(
  schema: S,
  sources: ConfigSources,
): { config: z.infer<S>; origins: ConfigOrigins } {
  const leaves = leavesOf(schema)
  const unknownKey = (source: string, known: Iterable<string>, key: string): never => {
    const nearest = nearestName(key, known)
    const fix = nearest === undefined ? 'remove it' : `did you mean '${nearest}'?`
    throw invalid(`${source}: unknown key '${key}'`, fix)
  }
  const file = sources.file
  const layers = [
    [
      'file',
      file === undefined
        ? new Map<string, unknown>()
        : flatten(readFile(file), leaves, (key) => unknownKey(file, leaves.keys(), key)),
    ],
    [
      'environment',
      readEnvironment(sources.env, sources.envPrefix, leaves, (key, known) => unknownKey('environment', known, key)),
    ],
    ['flag', flatten(sources.flags, leaves, (key) => unknownKey('flags', leaves.keys(), key))],
  ] as const

  const merged = new Map<string, unknown>()
  const origins = new Map<string, 'flag' | 'environment' | 'file' | 'default'>()
  for (const path of leaves.keys()) origins.set(path, 'default')
  for (const [origin, values] of layers) {
    for (const [path, value] of values) {
      if (value === undefined) continue
      merged.set(path, value)
      origins.set(path, origin)
    }
  }
  const result = schema.safeParse(nest(merged))
  if (!result.success) throw describeInvalid(result.error, origins, file)
  return { config: result.data, origins }
}

function readFile(file: string): object {
  if (statSync(file).size > CONFIG_FILE_BYTES_MAX)
    throw invalid(`${file} is larger than a configuration is`, 'check --config')
  const document = loadYaml().parseDocument(readFileSync(file, 'utf8'))
  const [error] = document.errors
  if (error !== undefined) throw invalid(`${file}: ${error.message.split('\n')[0] ?? ''}`, 'correct the YAML')
  const value: unknown = document.toJS() ?? {}
  if (typeof value !== 'object' || Array.isArray(value))
    throw invalid(`${file} is not a map of keys`, "write lines 'key: value'")
  return value as object
}

function describeInvalid(error: z.ZodError, origins: ConfigOrigins, file: string | undefined): CliError {
  const [issue] = error.issues
  const path = issue?.path.map(String).join('.') ?? ''
  // An element of a list is described by its list.
  const owner = [...origins.keys()].find((leaf) => path === leaf || path.startsWith(`${leaf}.`))
  const origin = origins.get(owner ?? '') ?? 'default'
  const source = origin === 'file' ? (file ?? origin) : origin === 'default' ? 'configuration' : origin
  return invalid(`${source}: '${path}' ${issue?.message ?? 'is invalid'}`, `correct '${owner ?? path}'`)
}

function invalid(message: string, fix: string): CliError {
  return new CliError('CONFIG_INVALID', EXIT.usage, message, fix)
}
