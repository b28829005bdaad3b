import { canonicalize } from '@tufjs/canonical-json'
import { sha256 } from '@shoal/release'
import { SeederError } from '../error.ts'

/** A key as metadata lists it; `public` is 64 hex digits. */
export type PublicKey = { keytype: 'ed25519'; scheme: 'ed25519'; keyval: { public: string } }

/** @param publicKey 32 bytes */
export function publicKeyOf(publicKey: Uint8Array): PublicKey {
  return { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: Buffer.from(publicKey).toString('hex') } }
}

/** 64 hex digits: the sha256 of the key's canonical JSON. */
export function keyIdOf(key: PublicKey): string {
  return Buffer.from(sha256(Buffer.from(canonicalize(key)))).toString('hex')
}

export function rawKeyOf(key: PublicKey): Uint8Array {
  return new Uint8Array(Buffer.from(key.keyval.public, 'hex'))
}

/** Reads a public key that a person wrote. */
export function parsePublicKey(hex: string): PublicKey {
  if (!/^[0-9a-f]{64}$/.test(hex)) {
    throw new SeederError('KEY_INVALID', `'${hex.slice(0, 80)}' is not a public key of 64 hex digits`)
  }
  return publicKeyOf(Buffer.from(hex, 'hex'))
}
