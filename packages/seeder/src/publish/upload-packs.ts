import { frameBytesMax, originPath, type Manifest } from '@shoal/release'
import { pipe } from 'it-pipe'
import type { Frames } from '../chunking/task.ts'
import type { WorkerPool } from '../chunking/worker-pool.ts'
import { COMPRESS_TASK_BYTES, COMPRESS_TASK_CHUNKS, COMPRESS_TASKS_PER_WORKER } from '../limits.ts'
import type { Origin } from '../origin/origin.ts'
import { assemblePacks, type CompressedChunks, type SpooledPack } from './assemble-packs.ts'
import type { Journal } from './journal.ts'
import { mapInOrder } from './map-in-order.ts'
import type { Places } from './places.ts'
import { planTasks, type UploadTask } from './plan-tasks.ts'

export interface UploadContext {
  origin: Origin
  journal: Journal
  pool: WorkerPool
  /** Of the tree. */
  root: string
  level: number
  /** For packs that are not finished. */
  spool: string
  signal: AbortSignal
  onProgress: (rawBytes: number) => void
}

/** Compresses the chunks that have no place, packs them, stores the packs, and notes where everything is. */
export async function uploadPacks(
  manifest: Manifest,
  places: Places,
  context: UploadContext,
): Promise<{ packs: number; uploadedBytes: number }> {
  const { origin, journal, pool, root, level, signal, onProgress } = context
  const buffers = createBufferPool()

  const compress = async ({ chunks, runs, sizeBytes }: UploadTask): Promise<CompressedChunks> => {
    signal.throwIfAborted()
    const frames = await pool.run({ kind: 'compress', root, level, runs, out: buffers.take() })
    onProgress(sizeBytes)
    return { chunks, ...frames }
  }
  const store = async ({ file, ...pack }: SpooledPack) => {
    const result = await origin.put(originPath.pack(pack.sha256), { file, sizeBytes: pack.length, sha256: pack.sha256 })
    await journal.append(pack)
    return { pack, isNew: result === 'stored' }
  }

  const uploaded = { packs: 0, uploadedBytes: 0 }
  await pipe(
    planTasks(manifest, places),
    mapInOrder(pool.size * COMPRESS_TASKS_PER_WORKER, compress),
    assemblePacks(context.spool, buffers.give),
    // The next pack fills while this one is made durable.
    mapInOrder(2, store),
    async (stored) => {
      for await (const { pack, isNew } of stored) {
        placePack(places, pack)
        if (!isNew) continue
        uploaded.packs += 1
        uploaded.uploadedBytes += pack.length
      }
    },
  )
  return uploaded
}

export function placePack(places: Places, { sha256, length, chunks, lengths }: Omit<SpooledPack, 'file'>): void {
  const pack = { sha256, length }
  let offset = 0
  lengths.forEach((frame, at) => {
    places.set(chunks[at] ?? 0, pack, offset, frame)
    offset += frame
  })
}

/** Buffers travel to a worker and back; making new ones would leave garbage faster than it is collected. */
function createBufferPool() {
  const free: Frames['out'][] = []
  const sizeBytes = frameBytesMax(COMPRESS_TASK_BYTES) + COMPRESS_TASK_CHUNKS * frameBytesMax(0)
  return {
    take: () => free.pop() ?? new Uint8Array(sizeBytes),
    give: (buffer: Frames['out']) => void free.push(buffer),
  }
}
