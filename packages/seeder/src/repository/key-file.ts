import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { encodePem } from '../keys/pem.ts'
import { publicKeyOf, type PublicKey } from '../keys/public-key.ts'
import { signerOf, type Signer } from '../keys/signer.ts'
import { openKey, type KeySource } from '../keys/source.ts'
import { readIfThere, writeWhole } from './files.ts'
import { KEYS_FOLDER } from './layout.ts'
import { REPOSITORY_FILE_BYTES_MAX } from '../limits.ts'

/** A key of which the repository knows where it is, unless only its public half is known here. */
export interface KnownKey {
  keyId: string
  key: PublicKey
  source: KeySource | undefined
  signer: Signer | undefined
}

/** Makes `keys/NAME.pem`, that only its owner reads. One that a command left there that was cut short is used as it is. */
export async function createKeyFile(folder: string, name: string, passphrase: string | undefined): Promise<KnownKey> {
  await mkdir(join(folder, KEYS_FOLDER), { recursive: true, mode: 0o700 })
  const path = `${KEYS_FOLDER}/${name}.pem`
  const source: KeySource = `file:${path}`
  if ((await readIfThere(join(folder, path), REPOSITORY_FILE_BYTES_MAX)) !== undefined) {
    return known(await openKey(source, { folder, passphrase, env: {} }), source)
  }
  const secret = randomBytes(32)
  await writeWhole(join(folder, path), encodePem(secret, passphrase), 0o600)
  return known(signerOf(secret), source)
}

export function known(signer: Signer, source: KeySource): KnownKey {
  return { keyId: signer.keyId, key: publicKeyOf(signer.publicKey), source, signer }
}
