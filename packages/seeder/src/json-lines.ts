import { open, readFile, stat } from 'node:fs/promises'
import { systemCode } from './error.ts'

/** Adds one line, on disk when this returns. */
export async function appendLine(file: string, value: object): Promise<void> {
  await using handle = await open(file, 'a')
  // A line that a crash cut short must not swallow this one: the empty line between them is skipped by the reader.
  const { size } = await handle.stat()
  await handle.appendFile(`${size === 0 ? '' : '\n'}${JSON.stringify(value)}\n`)
  await handle.datasync()
}

/** The lines that are whole, each as `parse` reads it; what a crash cut short or `parse` refuses is left out. */
export async function readLines<T>(
  file: string,
  bytesMax: number,
  parse: (value: unknown) => T | undefined,
): Promise<T[]> {
  let text
  try {
    if ((await stat(file)).size > bytesMax) return []
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
  const values: T[] = []
  for (const line of text.split('\n')) {
    const value = parse(parseLine(line))
    if (value !== undefined) values.push(value)
  }
  return values
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    // A line that was being written when the process died.
    return undefined
  }
}
