/** Who must sign what, and who did. */
import { canonicalize } from '@tufjs/canonical-json'
import { verifySignature } from '@shoal/release'
import { rawKeyOf, type PublicKey } from '../keys/public-key.ts'
import type { AnySigned, Document, RootSigned, TargetsSigned, TopRole } from './document.ts'

/** `threshold` of these keys must have signed. */
export interface Authority {
  keys: ReadonlyMap<string, PublicKey>
  threshold: number
}

/** What root says of a top-level role. */
export function rootAuthority(root: RootSigned, role: TopRole): Authority {
  return authorityOf(root.keys, root.roles[role])
}

/** What targets say of a delegated role; undefined when they do not know it. */
export function releaseAuthority(targets: TargetsSigned, role: string): Authority | undefined {
  const delegation = targets.delegations?.roles.find(({ name }) => name === role)
  return delegation === undefined ? undefined : authorityOf(targets.delegations?.keys ?? {}, delegation)
}

function authorityOf(
  table: { readonly [keyId: string]: PublicKey },
  { keyids, threshold }: { keyids: readonly string[]; threshold: number },
): Authority {
  const keys = new Map<string, PublicKey>()
  for (const id of keyids) {
    const key = table[id]
    if (key !== undefined) keys.set(id, key)
  }
  return { keys, threshold }
}

/** The keys of an authority whose signatures verify. */
export function signersOf({ signed, signatures }: Document, { keys }: Authority): string[] {
  const bytes = signedBytes(signed)
  const signers = new Set<string>()
  for (const { keyid, sig } of signatures) {
    const key = keys.get(keyid)
    if (key !== undefined && verifySignature(rawKeyOf(key), bytes, Buffer.from(sig, 'hex'))) signers.add(keyid)
  }
  return [...signers]
}

export function isSignedBy(document: Document, authority: Authority | undefined): boolean {
  return authority !== undefined && signersOf(document, authority).length >= authority.threshold
}

/** What a signature is made over. */
export function signedBytes(signed: AnySigned): Uint8Array {
  return Buffer.from(canonicalize(signed))
}
