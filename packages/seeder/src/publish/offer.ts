import type { Manifest, Statement } from '@shoal/release'
import { appendToLedger } from '../repository/ledger.ts'
import { announce } from './announce.ts'
import type { PublishContext } from './context.ts'

/** Lets the channel offer the release, unless it did so before; returns the bytes written. */
export async function offerRelease(manifest: Manifest, context: PublishContext, now: () => Date): Promise<number> {
  const { target, repository, origin, existing, onEvent } = context
  const { keyId } = repository.signer
  if (wasOffered(context)) {
    onEvent({ phase: 'sign', keyId, counter: existing?.counter ?? 0, isNew: false })
    return 0
  }
  const { announced, uploadedBytes } = await announce(
    origin,
    repository.root,
    repository.signer,
    existing ?? {
      fleet: repository.root.fleet,
      ...target,
      counter: nextCounter(context),
      release: manifest.id,
      sizeBytes: manifest.sizeBytes,
    },
  )
  const { counter } = announced
  const entry = { ...target, release: manifest.id, counter, origin: origin.uri, publishedAt: now().toISOString() }
  await appendToLedger(repository.folder, entry)
  onEvent({ phase: 'sign', keyId, counter, isNew: true })
  return uploadedBytes
}

/** A version whose counter the channel has reached was offered; one that was overtaken stays overtaken. */
export function wasOffered({
  existing,
  latest,
}: {
  existing: Statement | undefined
  latest: Statement | undefined
}): boolean {
  if (existing === undefined || latest === undefined) return false
  // With one counter for two releases, two publishers met, and the channel took the other's.
  return latest.counter > existing.counter || latest.release === existing.release
}

/** Above what the channel offers, and above what this repository ever offered there, should the origin have lost it. */
function nextCounter({ latest, ledger, target }: PublishContext): number {
  let highest = latest?.counter ?? 0
  for (const entry of ledger) {
    const isOfChannel =
      entry.product === target.product && entry.channel === target.channel && entry.platform === target.platform
    if (isOfChannel && entry.counter > highest) highest = entry.counter
  }
  return highest + 1
}
