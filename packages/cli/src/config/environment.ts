import { readFileSync, statSync } from 'node:fs'
import type { z } from 'zod'
import { SECRET_FILE_BYTES_MAX } from '../limits.ts'
import { variableOf } from './shape.ts'
import { loadYaml } from './yaml.ts'

/** The values that environment variables give, by path. `NAME_FILE` gives the content of a file instead, for secrets. */
export function readEnvironment(
  env: NodeJS.ProcessEnv,
  prefix: string,
  leaves: ReadonlyMap<string, z.ZodType>,
  onUnknown: (variable: string, known: string[]) => never,
): Map<string, unknown> {
  const pathOf = new Map([...leaves.keys()].map((path) => [variableOf(path, prefix), path]))
  const values = new Map<string, unknown>()
  for (const [variable, text] of Object.entries(env)) {
    // PREFIX_CONFIG names the file itself; whoever calls has read it already.
    if (text === undefined || !variable.startsWith(prefix) || variable === `${prefix}CONFIG`) continue
    const direct = pathOf.get(variable)
    const byFile = pathOf.get(variable.replace(/_FILE$/, ''))
    const path = direct ?? byFile
    if (path === undefined) onUnknown(variable, [...pathOf.keys()])
    values.set(path, readAs(leaves.get(path), direct === undefined ? readSecret(text) : text))
  }
  return values
}

/** A variable is text: take the first reading of it that the schema accepts. A list is separated by commas. */
function readAs(schema: z.ZodType | undefined, text: string): unknown {
  const list = text === '' ? [] : text.split(',').map((item) => item.trim())
  const readings = [text, readYaml(text), list, list.map(readYaml)]
  return readings.find((reading) => schema?.safeParse(reading).success) ?? text
}

function readYaml(text: string): unknown {
  try {
    return loadYaml().parse(text)
  } catch {
    return text
  }
}

function readSecret(file: string): string {
  const { size } = statSync(file)
  if (size > SECRET_FILE_BYTES_MAX) throw new Error(`${file} holds ${size} bytes, more than a secret has`)
  return readFileSync(file, 'utf8').trimEnd()
}
