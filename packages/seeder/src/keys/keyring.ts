import { SeederError } from '../error.ts'
import { rawKeyOf, type PublicKey } from './public-key.ts'
import type { Signer } from './signer.ts'
import { openKey, type KeyContext, type KeySource } from './source.ts'

/** The keys of a repository, as far as they are within reach; each is opened once. */
export interface Keyring {
  /** The signer of a key, or why there is none here. */
  find(keyId: string, key: PublicKey): Promise<Signer | { reason: string }>
  /** Uses this key as well from now on, whatever the settings say. */
  add(signer: Signer): void
}

export function createKeyring(sources: Readonly<Record<string, KeySource>>, context: KeyContext): Keyring {
  const opened = new Map<string, Promise<Signer | { reason: string }>>()

  const open = async (keyId: string, key: PublicKey): Promise<Signer | { reason: string }> => {
    const source = sources[keyId]
    if (source === undefined) return { reason: 'this repository does not say where it is' }
    try {
      return await openKey(source, context, rawKeyOf(key))
    } catch (error) {
      if (!(error instanceof SeederError)) throw error
      if (error.code !== 'KEY_UNREACHABLE' && error.code !== 'KEY_LOCKED') throw error
      return { reason: error.message }
    }
  }

  return {
    find(keyId, key) {
      const found = opened.get(keyId) ?? open(keyId, key)
      opened.set(keyId, found)
      return found
    },
    add: (signer) => void opened.set(signer.keyId, Promise.resolve(signer)),
  }
}
