import { createPrivateKey, type KeyObject } from 'node:crypto'
import { SeederError } from '../error.ts'
import { encryptPkcs8 } from './encrypt-pkcs8.ts'

/** The PKCS #8 header of an ed25519 secret (RFC 8410); the 32 bytes follow. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** A secret as a PEM file that OpenSSL reads, encrypted when a passphrase is given. */
export function encodePem(secret: Uint8Array, passphrase: string | undefined): string {
  const plain = Buffer.concat([PKCS8, secret])
  return passphrase === undefined
    ? armour('PRIVATE KEY', plain)
    : armour('ENCRYPTED PRIVATE KEY', encryptPkcs8(plain, passphrase))
}

/**
 * The 32 secret bytes of a PEM.
 * @param name of the key, for errors
 * @throws SeederError KEY_LOCKED without the passphrase that it needs, KEY_INVALID when it is no ed25519 key
 */
export function readPem(pem: string, passphrase: string | undefined, name: string): Uint8Array {
  if (pem.includes('ENCRYPTED') && passphrase === undefined) {
    throw new SeederError('KEY_LOCKED', `${name} is encrypted, and no passphrase is given`)
  }
  const key = parse(pem, passphrase, name)
  if (key.asymmetricKeyType !== 'ed25519') throw new SeederError('KEY_INVALID', `${name} is not an ed25519 key`)
  return Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url')
}

function parse(pem: string, passphrase: string | undefined, name: string): KeyObject {
  try {
    return createPrivateKey({ key: pem, format: 'pem', ...(passphrase === undefined ? {} : { passphrase }) })
  } catch (error) {
    const what = pem.includes('ENCRYPTED') ? 'cannot be decrypted with this passphrase' : 'is not a private key'
    throw new SeederError('KEY_INVALID', `${name} ${what}`, { cause: error })
  }
}

function armour(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}
