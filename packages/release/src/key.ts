import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { sha256 } from './cid.ts'

export interface Signer {
  readonly keyId: string
  sign(bytes: Uint8Array): Uint8Array
}

/** PKCS #8 and SPKI prefixes of Ed25519 (RFC 8410); the raw 32 bytes of the key follow. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')

/** Hex of the sha256 of the raw public key. */
export function keyIdOf(publicKey: Uint8Array): string {
  return Buffer.from(sha256(publicKey)).toString('hex')
}

/** The id that metadata of The Update Framework gives an ed25519 key: hex of the sha256 of its canonical JSON. */
export function metadataKeyIdOf(publicKey: Uint8Array): string {
  const hex = Buffer.from(publicKey).toString('hex')
  const json = `{"keytype":"ed25519","keyval":{"public":"${hex}"},"scheme":"ed25519"}`
  return Buffer.from(sha256(Buffer.from(json))).toString('hex')
}

/** An ed25519 signer from the 32 secret bytes; any 32 random bytes will do. */
export function createSigner(secret: Uint8Array): Signer & { readonly publicKey: Uint8Array } {
  if (secret.length !== 32) throw new RangeError(`an ed25519 secret has 32 bytes, not ${secret.length}`)
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, secret]), format: 'der', type: 'pkcs8' })
  const publicKey = new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI.length))
  return { keyId: keyIdOf(publicKey), publicKey, sign: (bytes) => new Uint8Array(sign(null, bytes, key)) }
}

export function verifySignature(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  return verify(null, bytes, readKey(publicKey), signature)
}

export type VerifyAside = (publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array) => Promise<boolean>

/** Verifies on the threads of the pool. To read a key takes half as long as to use it: the last `keysMax` are kept. */
export function createVerifyAside(keysMax: number): VerifyAside {
  /** Hex of the key → it, read; who comes again is put last. */
  const keys = new Map<string, KeyObject>()

  function keyOf(publicKey: Uint8Array): KeyObject {
    const name = Buffer.from(publicKey).toString('hex')
    const key = keys.get(name) ?? readKey(publicKey)
    keys.delete(name)
    const oldest = keys.size >= keysMax ? keys.keys().next().value : undefined
    if (oldest !== undefined) keys.delete(oldest)
    keys.set(name, key)
    return key
  }

  return (publicKey, bytes, signature) =>
    new Promise((resolve, reject) => {
      verify(null, bytes, keyOf(publicKey), signature, (error, isSigned) => {
        if (error === null) resolve(isSigned)
        else reject(error)
      })
    })
}

function readKey(publicKey: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' })
}
