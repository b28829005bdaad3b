import type { ReleaseId } from '@shoal/release'
import type { Store } from '../store/index.ts'

/**
 * Makes an installed release the current one, keeps as many of the previous ones as asked, and removes the rest. May be repeated after
 * a kill: which releases are previous is remembered, not derived from what `current` was.
 */
export async function install(
  store: Pick<Store, 'activate' | 'history' | 'installed' | 'prune'>,
  id: ReleaseId,
  { keepPrevious }: { keepPrevious: number } = { keepPrevious: 1 },
): Promise<void> {
  await store.activate(id)
  const installed = await store.installed()
  const previous = (await store.history()).filter((other) => other !== id && installed.includes(other))
  await store.prune([id, ...previous.slice(0, keepPrevious)])
}
