import {
  chooseChunking,
  encodeManifest,
  formatTarget,
  type Block,
  type Chunking,
  type Manifest,
  type ReleaseId,
} from '@shoal/release'
import { chunkTree } from '../chunking/chunk-tree.ts'
import { SeederError } from '../error.ts'
import { checkTree, refuseInside } from '../tree/check.ts'
import type { SourceTree } from '../tree/tree.ts'
import { walkTree } from '../tree/walk.ts'
import { ownFolders, type PublishContext } from './context.ts'
import { describeDifference } from './difference.ts'
import { readPublishedManifest } from './published.ts'

/** Walks the folder, and refuses it early if no release can hold it. */
export async function scanSource(folder: string, context: PublishContext): Promise<SourceTree> {
  const { signal, onEvent, target } = context
  const tree = await walkTree(folder, {
    signal,
    onFound: (files, bytes) => {
      onEvent({ phase: 'scan', files, bytes, ended: false })
    },
  })
  refuseInside(tree, await ownFolders(context))
  checkTree(tree, target)
  onEvent({ phase: 'scan', files: tree.files.length, bytes: tree.sizeBytes, ended: true })
  return tree
}

/** Chunks the tree, and refuses it if this version was published with other content. */
export async function buildManifest(
  tree: SourceTree,
  predecessors: readonly ReleaseId[],
  context: PublishContext,
): Promise<{ manifest: Manifest; blocks: Block[] }> {
  const { target, pool, origin, existing, onEvent } = context
  const chunking = (await inheritChunking(predecessors, context)) ?? chooseChunking(tree.sizeBytes)
  let doneBytes = 0
  onEvent({ phase: 'chunk', doneBytes, totalBytes: tree.sizeBytes })
  const entries = await chunkTree(tree, chunking, pool, (bytes) => {
    doneBytes += bytes
    onEvent({ phase: 'chunk', doneBytes, totalBytes: tree.sizeBytes })
  })
  const { product, version, platform } = target
  const { blocks, manifest } = encodeManifest({ product, version, platform, chunking, entries })
  if (existing === undefined || existing.release === manifest.id) return { manifest, blocks }

  const before = await readPublishedManifest(origin, existing.release)
  const difference = before === undefined ? `it was ${existing.release}` : describeDifference(before, manifest)
  throw new SeederError('VERSION_CONFLICT', `${formatTarget(target)} is published with other content: ${difference}`)
}

/** The nearest predecessor that can be read decides, so that its chunks match. */
async function inheritChunking(ids: readonly ReleaseId[], context: PublishContext): Promise<Chunking | undefined> {
  for (const id of ids) {
    const manifest = await readPublishedManifest(context.origin, id)
    if (manifest !== undefined) return manifest.chunking
  }
  if (ids.length > 0) {
    context.onEvent({
      phase: 'warning',
      message: `no earlier release can be read at ${context.origin.uri}; none is reused`,
    })
  }
  return undefined
}
