import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parseTrustedRoot, type Signer, type TrustedRoot } from '@shoal/release'
import { SeederError, systemCode } from '../error.ts'
import { REPOSITORY_FILE_BYTES_MAX } from '../limits.ts'
import { takeLock } from '../lock.ts'
import { readReleaseKey } from './key.ts'
import { KEY_FILE, LOCK_FILE, ROOT_FILE, SETTINGS_FILE } from './layout.ts'
import { parseSettings, type RepositorySettings } from './settings.ts'

/** An open repository: this process alone publishes from it until it is disposed. */
export interface Repository extends Disposable {
  readonly folder: string
  readonly root: TrustedRoot
  readonly settings: RepositorySettings
  readonly signer: Signer
}

export async function openRepository(folder: string): Promise<Repository> {
  const root = parseTrustedRoot(await readPart(folder, ROOT_FILE, 'REPOSITORY_MISSING'))
  const settings = parseSettings(await readPart(folder, SETTINGS_FILE), join(folder, SETTINGS_FILE))
  const signer = readReleaseKey(await readPart(folder, KEY_FILE), join(folder, KEY_FILE))
  if (!root.keys.some((key) => key.keyId === signer.keyId)) {
    throw new SeederError('REPOSITORY_INVALID', `${join(folder, KEY_FILE)} is not a key that ${ROOT_FILE} trusts`)
  }
  const lock = takeLock(join(folder, LOCK_FILE))
  if (lock === undefined) throw new SeederError('REPOSITORY_LOCKED', `another process is publishing from ${folder}`)
  return {
    folder,
    root,
    settings,
    signer,
    [Symbol.dispose]: () => {
      lock[Symbol.dispose]()
    },
  }
}

async function readPart(
  folder: string,
  name: string,
  whenAbsent: 'REPOSITORY_MISSING' | 'REPOSITORY_INVALID' = 'REPOSITORY_INVALID',
): Promise<Buffer> {
  const file = join(folder, name)
  try {
    const { size } = await stat(file)
    if (size <= REPOSITORY_FILE_BYTES_MAX) return await readFile(file)
    throw new SeederError('REPOSITORY_INVALID', `${file} has ${size} bytes, more than ${REPOSITORY_FILE_BYTES_MAX}`)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTDIR') throw error
    const message =
      whenAbsent === 'REPOSITORY_MISSING' ? `${folder} is no repository: it has no ${name}` : `${file} is missing`
    throw new SeederError(whenAbsent, message, { cause: error })
  }
}
