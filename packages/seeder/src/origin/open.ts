import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SeederError } from '../error.ts'
import { openDirectoryOrigin } from './directory.ts'
import type { Origin } from './origin.ts'

/**
 * Opens what `--origin` names: a folder, or a URI.
 * @throws SeederError ORIGIN_UNSUPPORTED, ORIGIN_INVALID; ORIGIN_MISSING when it `mustExist` and does not
 */
export async function openOrigin(text: string, options: { mustExist?: boolean } = {}): Promise<Origin> {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined) return openDirectoryOrigin(resolve(text), options)
  if (scheme === 'file') return openDirectoryOrigin(fileURLToPath(text), options)
  const reason =
    scheme === 's3' ? 'S3 comes later; until then, publish to a folder and copy it' : 'no kind of origin is called so'
  throw new SeederError('ORIGIN_UNSUPPORTED', `${text}: ${reason}`)
}
