import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeTrustedRoot, parseName, type TrustedRoot } from '@shoal/release'
import { SeederError } from '../error.ts'
import { createReleaseKey } from './key.ts'
import { KEY_FILE, KEYS_FOLDER, ROOT_FILE, SETTINGS_FILE } from './layout.ts'
import { encodeSettings } from './settings.ts'

/** Makes a repository: a fleet, its release key, and the root.json that peers are given. Never touches one that is there. */
export async function initRepository(folder: string, options: { product?: string } = {}): Promise<TrustedRoot> {
  const settings = options.product === undefined ? {} : { product: parseName(options.product, 'product') }
  for (const file of [ROOT_FILE, KEY_FILE, SETTINGS_FILE]) {
    if (existsSync(join(folder, file))) {
      throw new SeederError('REPOSITORY_EXISTS', `${folder} is a repository already: it has ${file}`)
    }
  }
  const { pem, signer } = createReleaseKey()
  const { keyId, publicKey } = signer
  const root: TrustedRoot = { fleet: randomBytes(16).toString('hex'), keys: [{ keyId, publicKey }] }
  await mkdir(folder, { recursive: true })
  await mkdir(join(folder, KEYS_FOLDER), { recursive: true, mode: 0o700 })
  await writeNew(join(folder, KEY_FILE), pem, 0o600)
  await writeNew(join(folder, SETTINGS_FILE), encodeSettings(settings), 0o644)
  // Last: a folder with root.json is a whole repository.
  await writeNew(join(folder, ROOT_FILE), encodeTrustedRoot(root), 0o644)
  return root
}

async function writeNew(file: string, content: string | Uint8Array, mode: number): Promise<void> {
  await using handle = await open(file, 'wx', mode)
  await handle.writeFile(content)
  await handle.sync()
}
