import { realpath } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

/** The file that a request path names: a plain path below the folder, or undefined for all else. */
export function parseRequestPath(url: string): string | undefined {
  const [encoded = ''] = url.split(/[?#]/, 1)
  if (!encoded.startsWith('/')) return undefined
  const path = decode(encoded.slice(1))
  // Dot files are what is being written, and '..'; a backslash separates on Windows.
  const isPlain = path
    ?.split('/')
    .every((segment) => segment !== '' && !segment.startsWith('.') && !/[\\\0:]/.test(segment))
  return isPlain === true ? path : undefined
}

/** The path from the folder to the real file; undefined when it is absent, or when a symlink leads outside. */
export async function resolveInside(realFolder: string, path: string): Promise<string | undefined> {
  let file
  try {
    file = await realpath(join(realFolder, path))
  } catch {
    // Absent, or not ours to see: the answer is the same.
    return undefined
  }
  const inside = relative(realFolder, file)
  const leaves = inside === '' || inside === '..' || inside.startsWith(`..${sep}`)
  return leaves ? undefined : inside
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
