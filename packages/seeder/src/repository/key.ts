import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createSigner, type Signer } from '@shoal/release'
import { SeederError } from '../error.ts'

/** A release key and its file's content: PKCS #8 PEM, as OpenSSL writes it. */
export function createReleaseKey(): { pem: string; signer: Signer & { publicKey: Uint8Array } } {
  const { privateKey } = generateKeyPairSync('ed25519')
  return {
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    signer: createSigner(secretOf(privateKey)),
  }
}

export function readReleaseKey(pem: Uint8Array, file: string): Signer & { publicKey: Uint8Array } {
  const key = parseKey(pem, file)
  if (key.asymmetricKeyType !== 'ed25519') throw new SeederError('REPOSITORY_INVALID', `${file} is not an ed25519 key`)
  return createSigner(secretOf(key))
}

function parseKey(pem: Uint8Array, file: string): KeyObject {
  try {
    return createPrivateKey(Buffer.from(pem))
  } catch (error) {
    throw new SeederError('REPOSITORY_INVALID', `${file} is not a private key`, { cause: error })
  }
}

function secretOf(key: KeyObject): Uint8Array {
  return Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url')
}
