import type { ReleaseId } from '@shoal/release'
import type { Store } from '../store/index.ts'

/** At start: removes what a kill left half-done. Returns the release that is current, if it is there. */
export async function recover(store: Pick<Store, 'sweep' | 'current'>): Promise<ReleaseId | undefined> {
  await store.sweep()
  return store.current()
}
