import { join } from 'node:path'
import { parseName, parseTrustedRoot } from '@shoal/release'
import { SeederError } from '../error.ts'
import { createKeyring, type Keyring } from '../keys/keyring.ts'
import { REPOSITORY_FILE_BYTES_MAX, REPOSITORY_LOCK_WAIT_MS } from '../limits.ts'
import { waitForLock } from '../lock.ts'
import type { MetadataSet } from '../metadata/set.ts'
import { readIfThere, writeWhole } from './files.ts'
import type { KnownKey } from './key-file.ts'
import { LOCK_FILE, ROOT_FILE, SETTINGS_FILE } from './layout.ts'
import { encodeSettings, parseSettings, type RepositorySettings } from './settings.ts'
import { readStored, saveStored } from './stored.ts'

/** An open repository: this process alone changes it until it is disposed. */
export interface Repository extends Disposable {
  readonly folder: string
  readonly fleet: string
  readonly settings: RepositorySettings
  readonly passphrase: string | undefined
  readonly keyring: Keyring
  /** The copy of the metadata that is kept here. */
  readonly metadata: MetadataSet
  save(metadata: MetadataSet): Promise<void>
  /** Writes down where keys are. */
  addKeys(keys: readonly KnownKey[]): Promise<void>
}

/** How keys of a repository are reached. */
export interface KeyAccess {
  passphrase?: string | undefined
  env?: NodeJS.ProcessEnv
}

export async function openRepository(folder: string, access: KeyAccess = {}): Promise<Repository> {
  const { passphrase, env = process.env } = access
  const root = await readTrustedRoot(folder)
  const lock = await waitForLock(join(folder, LOCK_FILE), REPOSITORY_LOCK_WAIT_MS)
  if (lock === undefined) throw new SeederError('REPOSITORY_LOCKED', `another process is at work in ${folder}`)
  using stack = new DisposableStack()
  stack.use(lock)
  const { fleet } = parseTrustedRoot(root)
  let settings = await readSettings(folder)
  let metadata = await readStored(folder)
  // A crash may have come between the two.
  if (Buffer.compare(root, metadata.root.bytes) !== 0) await writeWhole(join(folder, ROOT_FILE), metadata.root.bytes)
  const keyring = createKeyring(settings.keys, { folder, passphrase, env })
  const held = stack.move()
  return {
    folder,
    fleet,
    passphrase,
    keyring,
    get settings() {
      return settings
    },
    get metadata() {
      return metadata
    },
    async save(next) {
      await saveStored(folder, metadata, next)
      metadata = next
    },
    async addKeys(keys) {
      const sources = keys.flatMap(({ keyId, source }) => (source === undefined ? [] : [[keyId, source] as const]))
      settings = { ...settings, keys: { ...settings.keys, ...Object.fromEntries(sources) } }
      await writeWhole(join(folder, SETTINGS_FILE), encodeSettings(settings))
      for (const { signer } of keys) if (signer !== undefined) keyring.add(signer)
    },
    [Symbol.dispose]: () => {
      held.dispose()
    },
  }
}

/** The root that devices are given. It can be read while the repository is in use. */
export async function readTrustedRoot(folder: string): Promise<Uint8Array> {
  const bytes = await readIfThere(join(folder, ROOT_FILE), REPOSITORY_FILE_BYTES_MAX)
  if (bytes !== undefined) return bytes
  throw new SeederError('REPOSITORY_MISSING', `${folder} is no repository: it has no ${ROOT_FILE}`)
}

/** The product that a command is about. */
export function chooseProduct(
  asked: string | undefined,
  { settings, folder }: Pick<Repository, 'settings' | 'folder'>,
): string {
  if (asked === undefined) {
    if (settings.product !== undefined) return settings.product
    throw new SeederError('PRODUCT_MISMATCH', `no product is given, and ${folder} is not of one product`)
  }
  const product = parseName(asked, 'product')
  if (settings.product === undefined || settings.product === product) return product
  throw new SeederError('PRODUCT_MISMATCH', `${folder} publishes ${settings.product}, not ${product}`)
}

async function readSettings(folder: string): Promise<RepositorySettings> {
  const file = join(folder, SETTINGS_FILE)
  const bytes = await readIfThere(file, REPOSITORY_FILE_BYTES_MAX)
  if (bytes === undefined) throw new SeederError('REPOSITORY_INVALID', `${file} is missing`)
  return parseSettings(bytes, file)
}
