import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parsePublicKey, keyIdOf, rawKeyOf } from '../keys/public-key.ts'
import { keptSource, openKey, parseKeySource } from '../keys/source.ts'
import { createKeyFile, known, type KnownKey } from '../repository/key-file.ts'
import { KEYS_FOLDER } from '../repository/layout.ts'
import type { Repository } from '../repository/open.ts'

/** A key that a command is given: where it is, its public half, or both (which an external signer needs). */
export interface GivenKey {
  source?: string | undefined
  /** 64 hex digits. */
  publicKey?: string | undefined
}

export async function readGivenKey({ source, publicKey }: GivenKey, repository: Repository): Promise<KnownKey> {
  const key = publicKey === undefined ? undefined : parsePublicKey(publicKey)
  if (source === undefined) {
    if (key === undefined) throw new TypeError('a key is given neither by its source nor by its public half')
    return { keyId: keyIdOf(key), key, source: undefined, signer: undefined }
  }
  const parsed = parseKeySource(source)
  const context = { folder: process.cwd(), passphrase: repository.passphrase, env: process.env }
  const signer = await openKey(parsed, context, key === undefined ? undefined : rawKeyOf(key))
  return known(signer, keptSource(parsed, repository.folder))
}

/** A new key file for a role that may have had others before. */
export async function createNextKey(role: string, { folder, passphrase }: Repository): Promise<KnownKey> {
  let number = 1
  const name = (): string => (number === 1 ? role : `${role}-${number}`)
  while (existsSync(join(folder, KEYS_FOLDER, `${name()}.pem`))) number += 1
  return createKeyFile(folder, name(), passphrase)
}
