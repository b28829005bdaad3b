import { parentPort } from 'node:worker_threads'
import { SeederError } from '../error.ts'
import { COLLECT_EVERY_BYTES, READ_BUFFER_BYTES, SCAN_PROGRESS_BYTES } from '../limits.ts'
import { chunkFile } from './chunk-file.ts'
import { flatten } from './chunked-files.ts'
import { createCollector } from './collector.ts'
import { compressChunks } from './compress-chunks.ts'
import type { WorkerReply, WorkerTask } from './task.ts'

const port = parentPort
const collectAfter = createCollector(COLLECT_EVERY_BYTES)
const buffer = new Uint8Array(READ_BUFFER_BYTES)

port?.on('message', (task: WorkerTask) => {
  try {
    runTask(task)
  } catch (error) {
    if (!(error instanceof SeederError)) throw error
    reply({ kind: 'failed', code: error.code as 'SOURCE_CHANGED', message: error.message })
  }
})

function runTask(task: WorkerTask): void {
  if (task.kind === 'compress') {
    const result = compressChunks(task, buffer)
    reply({ kind: 'done', result }, [result.out.buffer])
    collectAfter(task.runs.reduce((sum, run) => sum + run.sizes.reduce((a, b) => a + b, 0), 0))
    return
  }
  let unreported = 0
  const result = task.files.map((file) =>
    chunkFile(task.root, file, task.chunking, buffer, (bytes) => {
      unreported += bytes
      if (unreported < SCAN_PROGRESS_BYTES) return
      reply({ kind: 'progress', bytes: unreported })
      unreported = 0
    }),
  )
  reply({ kind: 'progress', bytes: unreported })
  const flat = flatten(result)
  reply({ kind: 'done', result: flat }, [
    flat.sha256.buffer,
    flat.counts.buffer,
    flat.digests.buffer,
    flat.sizes.buffer,
  ])
}

function reply(message: WorkerReply, transfer: ArrayBuffer[] = []): void {
  port?.postMessage(message, transfer)
}
