import { createSigner } from '@shoal/release'
import { keyIdOf, publicKeyOf } from './public-key.ts'

/** Every signature of a repository comes through this, wherever the secret lies. */
export interface Signer {
  /** As metadata names it. */
  readonly keyId: string
  /** ed25519, 32 bytes. */
  readonly publicKey: Uint8Array
  /** 64 bytes. */
  sign(bytes: Uint8Array): Promise<Uint8Array>
}

/** @param secret 32 bytes */
export function signerOf(secret: Uint8Array): Signer {
  const key = createSigner(secret)
  return {
    keyId: keyIdOf(publicKeyOf(key.publicKey)),
    publicKey: key.publicKey,
    sign: async (bytes) => key.sign(bytes),
  }
}
