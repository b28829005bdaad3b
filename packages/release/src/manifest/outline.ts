/** What the root block alone says of a release: enough to show it, where nobody fetches the rest. */
import type { ReleaseId } from '../cid.ts'
import { decodeRoot } from './root.ts'
import { verifyBlock } from './wire.ts'

export interface Outline {
  /** Of all files together. */
  sizeBytes: number
  /** Files, links and empty folders. */
  entries: number
}

/** @throws ReleaseError BLOCK_INVALID, MANIFEST_INVALID */
export function readOutline(id: ReleaseId, rootBlock: Uint8Array): Outline {
  verifyBlock(id, rootBlock)
  const { sizeBytes, entries } = decodeRoot(rootBlock)
  return { sizeBytes, entries }
}
