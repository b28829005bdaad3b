import type { z } from 'zod'

/** Each leaf of a configuration schema by its dotted path, in the schema's order. */
export function leavesOf(schema: z.ZodObject, prefix = ''): Map<string, z.ZodType> {
  const leaves = new Map<string, z.ZodType>()
  for (const [key, field] of Object.entries(schema.shape)) {
    const inner = unwrap(field as z.ZodType)
    if (isObjectSchema(inner)) for (const [path, leaf] of leavesOf(inner, `${prefix}${key}.`)) leaves.set(path, leaf)
    else leaves.set(prefix + key, field as z.ZodType)
  }
  return leaves
}

/** `limits.uploadRate` with the prefix `SHOAL_PEER_` → `SHOAL_PEER_LIMITS_UPLOAD_RATE` */
export function variableOf(path: string, prefix: string): string {
  const snake = path.replaceAll('.', '_').replace(/[a-z0-9](?=[A-Z])/g, '$&_')
  return prefix + snake.toUpperCase()
}

/** Flattens nested objects to dotted paths, as far down as the schema has objects; `onUnknown` hears of other keys. */
export function flatten(
  value: object,
  leaves: ReadonlyMap<string, z.ZodType>,
  onUnknown: (path: string) => never,
  prefix = '',
): Map<string, unknown> {
  const flat = new Map<string, unknown>()
  for (const [key, inner] of Object.entries(value) as [string, unknown][]) {
    const path = prefix + key
    const isGroup = [...leaves.keys()].some((leaf) => leaf.startsWith(`${path}.`))
    if (leaves.has(path)) flat.set(path, inner)
    else if (isGroup && isPlainObject(inner)) {
      for (const entry of flatten(inner, leaves, onUnknown, `${path}.`)) flat.set(...entry)
    } else if (!isGroup || inner !== null) onUnknown(path)
  }
  return flat
}

/** The reverse of flatten. */
export function nest(flat: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const root: Record<string, unknown> = {}
  for (const [path, value] of flat) {
    const keys = path.split('.')
    const last = keys.pop() ?? ''
    let at = root
    for (const key of keys) at = (at[key] ??= {}) as Record<string, unknown>
    at[last] = value
  }
  return root
}

/** What lies under optional(), default() and prefault(). */
function unwrap(schema: z.ZodType): z.ZodType {
  const { type } = schema.def
  if (type !== 'optional' && type !== 'default' && type !== 'prefault') return schema
  return unwrap((schema as z.ZodOptional<z.ZodType>).unwrap())
}

function isObjectSchema(schema: z.ZodType): schema is z.ZodObject {
  return schema.def.type === 'object'
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
