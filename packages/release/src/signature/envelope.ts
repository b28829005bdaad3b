import { ReleaseError } from '../error.ts'
import { SIGNATURES_MAX, STATEMENT_BYTES_MAX } from '../limits.ts'
import { decodeCanonical, encode, hasKeys, isRecord } from '../manifest/wire.ts'
import { verifySignature, type Signer } from './key.ts'
import type { TrustedRoot } from './root.ts'
import { refuse } from './refuse.ts'

interface Signature {
  keyid: string
  sig: Uint8Array
}

const KEY_ID = /^[0-9a-f]{64}$/
/** Names what is signed, so that a signature made for one purpose never serves another. */
const DOMAIN = Buffer.from('shoal/statement/v1\0')

export function seal(signed: Uint8Array, signer: Signer): Uint8Array {
  const sig = signer.sign(signatureInput(signed))
  return encode({ signed, signatures: [{ keyid: signer.keyId, sig }] })
}

/** The signed bytes, once a trusted key vouches for them. */
export function unseal(bytes: Uint8Array, keys: TrustedRoot['keys']): Uint8Array {
  if (bytes.length > STATEMENT_BYTES_MAX) {
    refuse('statement-size', `it has ${bytes.length} bytes, more than ${STATEMENT_BYTES_MAX}`)
  }
  const value = decodeCanonical(bytes)
  if (value === undefined) refuse('envelope-cbor', 'the envelope is not canonical dag-cbor')
  if (!isRecord(value) || !hasKeys(value, ['signed', 'signatures']) || !(value['signed'] instanceof Uint8Array)) {
    refuse('envelope-shape', 'the envelope is not a map of signed (bytes) and signatures')
  }
  const { signed } = value
  checkSignatures(signed, readSignatures(value['signatures']), keys)
  return signed
}

function signatureInput(signed: Uint8Array): Uint8Array {
  return Buffer.concat([DOMAIN, signed])
}

function readSignatures(value: unknown): Signature[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > SIGNATURES_MAX) {
    refuse('envelope-signatures', `the envelope must hold 1 to ${SIGNATURES_MAX} signatures`)
  }
  const signatures = value.map(readSignature)
  if (signatures.some((signature, at) => at > 0 && signature.keyid <= (signatures[at - 1] as Signature).keyid)) {
    refuse('envelope-signatures', 'the signatures are not in the order of their key ids, each once')
  }
  return signatures
}

function readSignature(value: unknown): Signature {
  if (!isRecord(value) || !hasKeys(value, ['keyid', 'sig'])) {
    refuse('envelope-signatures', 'a signature is not a map of keyid and sig')
  }
  const { keyid, sig } = value
  if (typeof keyid !== 'string' || !KEY_ID.test(keyid) || !(sig instanceof Uint8Array) || sig.length !== 64) {
    refuse('envelope-signatures', 'a signature is not a key id of 64 hex digits and 64 bytes')
  }
  return { keyid, sig }
}

/** One trusted key must have signed. A key unknown here may be trusted elsewhere; a known one that does not verify is forgery. */
function checkSignatures(signed: Uint8Array, signatures: readonly Signature[], keys: TrustedRoot['keys']): void {
  const input = signatureInput(signed)
  let vouched = false
  for (const { keyid, sig } of signatures) {
    const key = keys.find(({ keyId }) => keyId === keyid)
    if (key === undefined) continue
    if (!verifySignature(key.publicKey, input, sig)) {
      throw new ReleaseError(
        'SIGNATURE_INVALID',
        'signature-wrong',
        `statement: the signature of key ${keyid} does not verify`,
      )
    }
    vouched = true
  }
  if (!vouched) {
    throw new ReleaseError('SIGNATURE_INVALID', 'signature-unknown', 'statement: no key of the trusted root signed it')
  }
}
