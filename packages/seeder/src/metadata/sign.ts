import { verifySignature } from '@shoal/release'
import { SeederError } from '../error.ts'
import type { Keyring } from '../keys/keyring.ts'
import { signedBytes, signersOf, type Authority } from './authority.ts'
import { encodeDocument, type AnySigned, type Document, type Signature } from './document.ts'

/** How many of the signatures that a role needs are there. */
export interface Signatures {
  have: number
  need: number
}

export interface SignResult<S extends AnySigned> {
  document: Document<S>
  /** Ids of keys that signed now. */
  signedBy: string[]
  /** What is missing; undefined when all thresholds are met. */
  lacking: Signatures | undefined
  /** Why keys could not sign. */
  reasons: string[]
}

/**
 * Signs with every key within reach that did not sign yet.
 * @param authorities whose thresholds must all be met; two for a new root, that of the root before and its own
 */
export async function signDocument<S extends AnySigned>(
  document: Document<S>,
  authorities: readonly Authority[],
  keyring: Keyring,
): Promise<SignResult<S>> {
  const bytes = signedBytes(document.signed)
  const signatures = keepValid(document, authorities)
  const signedBy: string[] = []
  const reasons: string[] = []
  for (const [keyId, key] of new Map(authorities.flatMap(({ keys }) => [...keys]))) {
    if (signatures.some(({ keyid }) => keyid === keyId)) continue
    const signer = await keyring.find(keyId, key)
    if ('reason' in signer) {
      reasons.push(`key ${keyId.slice(0, 12)}: ${signer.reason}`)
      continue
    }
    const signature = await signer.sign(bytes)
    if (!verifySignature(signer.publicKey, bytes, signature)) {
      throw new SeederError('SIGNER_FAILED', `what key ${keyId.slice(0, 12)} signed does not verify`)
    }
    signatures.push({ keyid: keyId, sig: Buffer.from(signature).toString('hex') })
    signedBy.push(keyId)
  }
  const signed = encodeDocument(document.signed, signatures)
  return { document: signed, signedBy, lacking: lackingIn(signed, authorities), reasons }
}

/** Keys of an authority that could sign here. */
export async function countReachable(authority: Authority | undefined, keyring: Keyring): Promise<number> {
  const found = await Promise.all([...(authority?.keys ?? [])].map(([keyId, key]) => keyring.find(keyId, key)))
  return found.filter((signer) => !('reason' in signer)).length
}

/** Signatures still missing: those of the authority that is farthest from its threshold. */
export function lackingIn(document: Document, authorities: readonly Authority[]): Signatures | undefined {
  const counts = authorities.map((authority) => ({
    have: signersOf(document, authority).length,
    need: authority.threshold,
  }))
  const unmet = counts.filter(({ have, need }) => have < need)
  return unmet.toSorted((a, b) => b.need - b.have - (a.need - a.have))[0]
}

/** Whether some of these keys signed it, and nothing was changed since. */
export function isIntact(document: Document, authorities: readonly Authority[]): boolean {
  const valid = new Set(authorities.flatMap((authority) => signersOf(document, authority)))
  return document.signatures.length > 0 && document.signatures.every(({ keyid }) => valid.has(keyid))
}

function keepValid(document: Document, authorities: readonly Authority[]): Signature[] {
  const valid = new Set(authorities.flatMap((authority) => signersOf(document, authority)))
  return document.signatures.filter(({ keyid }) => valid.has(keyid))
}
