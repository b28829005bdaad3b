import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SeederError } from '../error.ts'
import { openDirectoryOrigin } from './directory.ts'
import type { Origin } from './origin.ts'

/** Opens what `--origin` names: a folder, or a URI. */
export async function openOrigin(text: string): Promise<Origin> {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined) return openDirectoryOrigin(resolve(text))
  if (scheme === 'file') return openDirectoryOrigin(fileURLToPath(text))
  const reason =
    scheme === 's3' ? 'S3 comes later; until then, publish to a folder and copy it' : 'no kind of origin is called so'
  throw new SeederError('ORIGIN_UNSUPPORTED', `${text}: ${reason}`)
}
