import { join } from 'node:path'
import type { Block, Manifest } from '@shoal/release'
import { removeLeftovers } from '../origin/incoming.ts'
import { JOURNAL_FOLDER } from '../repository/layout.ts'
import type { SourceTree } from '../tree/tree.ts'
import { buildManifest, scanSource } from './build.ts'
import { openContext, type PublishContext } from './context.ts'
import { offerRelease } from './offer.ts'
import type { PublishDependencies, PublishOptions, PublishSummary } from './options.ts'
import { listPredecessors } from './predecessors.ts'
import { takeStock, type Stock } from './stock.ts'
import { uploadBlocks, uploadIndex } from './upload-blocks.ts'
import { uploadPacks } from './upload-packs.ts'
import { verifyUpload } from './verify.ts'

const DEFAULT_LEVEL = 3

/**
 * Publishes a folder. Packs and blocks go first, then the index, then the metadata, its timestamp last: whatever stops a publish,
 * peers see the release whole or not at all, and running it again completes it.
 */
export async function publish(options: PublishOptions, deps: PublishDependencies = {}): Promise<PublishSummary> {
  const startedAt = performance.now()
  await using context = await openContext(options, deps)
  const { target, onEvent, latest } = context

  const tree = await scanSource(options.source, context)
  const predecessors = listPredecessors(context)
  const { manifest, blocks } = await buildManifest(tree, predecessors, context)
  const stock = await takeStock(manifest, predecessors, context)
  const { newChunks, newBytes, reusedShare } = stock
  const chunks = manifest.chunks.count
  const previous = latest === undefined || latest.version === target.version ? undefined : latest
  onEvent({ phase: 'stock', chunks, newChunks, newBytes, reusedShare, previousVersion: previous?.version })

  const { packs, uploadedBytes } = await upload(tree, manifest, blocks, stock, options.level ?? DEFAULT_LEVEL, context)
  await verifyUpload(manifest, stock.places.toIndex(), context.origin, deps.random ?? Math.random, (done, total) => {
    onEvent({ phase: 'verify', done, total })
  })
  const { counter, signatures, ...offer } = await offerRelease(manifest, blocks, context, deps.now?.() ?? new Date())
  await stock.journal.remove()

  return {
    release: manifest.id,
    ...target,
    files: tree.files.length,
    bytes: tree.sizeBytes,
    ...{ chunks, newChunks, newBytes, packs, reusedShare },
    uploadedBytes: uploadedBytes + offer.uploadedBytes,
    ...(previous === undefined ? {} : { previous: { version: previous.version, release: previous.release } }),
    counter,
    ...(signatures === undefined ? {} : { signatures }),
    elapsedMs: Math.round(performance.now() - startedAt),
    alreadyPublished: context.existing !== undefined,
  }
}

async function upload(
  tree: SourceTree,
  manifest: Manifest,
  blocks: readonly Block[],
  { places, journal }: Stock,
  level: number,
  context: PublishContext,
): Promise<{ packs: number; uploadedBytes: number }> {
  const { origin, pool, repository, signal, onEvent } = context
  const spool = origin.spool ?? join(repository.folder, JOURNAL_FOLDER)
  await removeLeftovers(spool)
  const totalBytes = places.missingBytes
  let doneBytes = 0
  onEvent({ phase: 'upload', doneBytes, totalBytes })
  const onProgress = (bytes: number): void => {
    doneBytes += bytes
    onEvent({ phase: 'upload', doneBytes, totalBytes })
  }
  const { packs, uploadedBytes: packBytes } = await uploadPacks(manifest, places, {
    ...{ origin, journal, pool, root: tree.root, level, spool, signal, onProgress },
  })
  const blockBytes = await uploadBlocks(blocks, origin, signal)
  const indexBytes = await uploadIndex(manifest, places, origin)
  const uploadedBytes = packBytes + blockBytes + indexBytes
  onEvent({ phase: 'uploaded', packs, uploadedBytes })
  return { packs, uploadedBytes }
}
