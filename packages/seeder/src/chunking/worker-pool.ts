import { availableParallelism } from 'node:os'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { SeederError } from '../error.ts'
import { WORKER_HEAP_MIB, WORKERS_MAX } from '../limits.ts'
import type { TaskResults, WorkerReply, WorkerTask } from './task.ts'

/** Threads that chunk and compress. Tasks start in the order given, each on the next thread that is free. */
export interface WorkerPool extends AsyncDisposable {
  readonly size: number
  run<T extends WorkerTask>(task: T, onProgress?: (bytes: number) => void): Promise<TaskResults[T['kind']]>
}

interface Job {
  task: WorkerTask
  onProgress: (bytes: number) => void
  resolve: (result: TaskResults[keyof TaskResults]) => void
  reject: (error: Error) => void
}

export function startWorkerPool(options: { signal: AbortSignal; size?: number | undefined }): WorkerPool {
  const size = options.size ?? Math.min(WORKERS_MAX, availableParallelism())
  const waiting: Job[] = []
  const idle: Worker[] = []
  const running = new Map<Worker, Job>()
  const workers = Array.from({ length: size }, startWorker)
  let failure: Error | undefined

  function startWorker(): Worker {
    // The suffix is that of this file: sources run as they are, packages are compiled.
    const worker = new Worker(new URL(`./chunk-worker${extname(import.meta.url)}`, import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MIB, maxYoungGenerationSizeMb: 4 },
    })
    worker.on('message', (reply: WorkerReply) => {
      receive(worker, reply)
    })
    worker.on('error', (error) => {
      fail(new Error(`a worker failed: ${error instanceof Error ? error.message : String(error)}`, { cause: error }))
    })
    idle.push(worker)
    return worker
  }

  function receive(worker: Worker, reply: WorkerReply): void {
    const job = running.get(worker)
    if (job === undefined) return
    if (reply.kind === 'progress') {
      job.onProgress(reply.bytes)
      return
    }
    running.delete(worker)
    idle.push(worker)
    startNext()
    if (reply.kind === 'done') job.resolve(reply.result)
    else job.reject(new SeederError(reply.code, reply.message))
  }

  function fail(error: Error): void {
    failure ??= error
    for (const job of [...running.values(), ...waiting.splice(0)]) job.reject(failure)
    running.clear()
  }

  function startNext(): void {
    const worker = idle.pop()
    const job = worker === undefined ? undefined : waiting.shift()
    if (worker === undefined) return
    if (job === undefined) {
      idle.push(worker)
      return
    }
    running.set(worker, job)
    worker.postMessage(job.task, job.task.kind === 'compress' ? [job.task.out.buffer] : [])
  }

  const onAbort = (): void => {
    fail(options.signal.reason as Error)
  }
  options.signal.addEventListener('abort', onAbort)
  if (options.signal.aborted) onAbort()

  return {
    size,
    run(task, onProgress = () => undefined) {
      return new Promise((resolve, reject) => {
        if (failure !== undefined) {
          reject(failure)
          return
        }
        waiting.push({ task, onProgress, resolve: resolve as Job['resolve'], reject })
        startNext()
      })
    },
    async [Symbol.asyncDispose]() {
      options.signal.removeEventListener('abort', onAbort)
      fail(new Error('the workers were stopped'))
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}
