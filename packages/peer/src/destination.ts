/** Where a release is brought to: an install root, or a cache. */
import type { Manifest, ReleaseId, Target } from '@shoal/release'
import type { Store } from './store/index.ts'

export interface Destination extends AsyncDisposable {
  readonly target: Target
  readonly folder: string
  store(): Promise<Store>
  /** What the target stood for last. */
  current(): Promise<ReleaseId | undefined>
  /** Before the content of a release is fetched. */
  makeRoom(manifest: Manifest): Promise<void>
  /** The release is whole in the store: from now on it is on offer. */
  hold(manifest: Manifest): Promise<void>
  /** A release in the store is current from now on, and on offer; a cache activates nothing. */
  activate(id: ReleaseId): Promise<void>
}
