/**
 * What an enrolment key or a device signs: `{ key, sig, signed }`, where the signature covers a text that names the purpose, and then the
 * signed bytes. So a signature made for one purpose never serves another.
 */
import { decodeCanonical, encode, hasKeys, isRecord } from '../manifest/wire.ts'
import { verifySignature, type Signer, type VerifyAside } from '../key.ts'

export interface Purpose {
  domain: string
  bytesMax: number
  /** Refuses with the rule of this name, prefixed by what is being read. */
  refuse(rule: 'size' | 'envelope' | 'key' | 'signature', message: string): never
}

export type EnrolmentSigner = Signer & { readonly publicKey: Uint8Array }

export function sealSigned(purpose: Purpose, signed: Uint8Array, signer: EnrolmentSigner): Uint8Array {
  const bytes = encode({ key: signer.publicKey, sig: signer.sign(signatureInput(purpose, signed)), signed })
  if (bytes.length > purpose.bytesMax) purpose.refuse('size', tooLarge(bytes.length, purpose.bytesMax))
  return bytes
}

/** The signed bytes, once one of the keys vouches for them. */
export function openSigned(purpose: Purpose, bytes: Uint8Array, keys: readonly Uint8Array[]): Uint8Array {
  const envelope = readEnvelope(purpose, bytes)
  if (!keys.some((known) => Buffer.compare(known, envelope.key) === 0))
    purpose.refuse('key', 'no enrolment key of the root signed it')
  return vouched(purpose, envelope)
}

/** The signed bytes, and the key that vouches for them: whose it is, is for the caller to say. */
export function openSelfSigned(purpose: Purpose, bytes: Uint8Array): { key: Uint8Array; signed: Uint8Array } {
  const envelope = readEnvelope(purpose, bytes)
  return { key: envelope.key, signed: vouched(purpose, envelope) }
}

/** As `openSelfSigned`, while the caller's thread does something else. */
export async function openSelfSignedAside(
  purpose: Purpose,
  bytes: Uint8Array,
  verify: VerifyAside,
): Promise<{ key: Uint8Array; signed: Uint8Array }> {
  const { key, sig, signed } = readEnvelope(purpose, bytes)
  if (!(await verify(key, signatureInput(purpose, signed), sig))) refuseSignature(purpose)
  return { key, signed }
}

interface Envelope {
  key: Uint8Array
  sig: Uint8Array
  signed: Uint8Array
}

function readEnvelope(purpose: Purpose, bytes: Uint8Array): Envelope {
  if (bytes.length > purpose.bytesMax) purpose.refuse('size', tooLarge(bytes.length, purpose.bytesMax))
  const value = decodeCanonical(bytes)
  if (!isRecord(value) || !hasKeys(value, ['key', 'sig', 'signed'])) {
    purpose.refuse('envelope', 'it is not a canonical dag-cbor map of key, sig and signed')
  }
  const { key, sig, signed } = value
  if (!isBytes(key, 32) || !isBytes(sig, 64) || !(signed instanceof Uint8Array)) {
    purpose.refuse('envelope', 'key, sig and signed are not 32, 64 and some bytes')
  }
  return { key, sig, signed }
}

function vouched(purpose: Purpose, { key, sig, signed }: Envelope): Uint8Array {
  if (!verifySignature(key, signatureInput(purpose, signed), sig)) refuseSignature(purpose)
  return signed
}

function refuseSignature(purpose: Purpose): never {
  purpose.refuse('signature', 'its signature does not verify')
}

function signatureInput({ domain }: Purpose, signed: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(domain), signed])
}

function isBytes(value: unknown, length: number): value is Uint8Array {
  return value instanceof Uint8Array && value.length === length
}

function tooLarge(length: number, max: number): string {
  return `it has ${length} bytes, more than ${max}`
}
