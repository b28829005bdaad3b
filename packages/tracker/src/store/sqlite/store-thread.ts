import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { TrackerError } from '../../error.ts'
import { LIMITS } from '../../limits.ts'
import { decodeError, type Answer, type Call, type StoreWorkerData } from './message.ts'

/** A thread with a connection to the database. */
export interface StoreThread extends AsyncDisposable {
  /** @throws TrackerError STORE_INVALID */
  open(): Promise<void>
  call(method: Call['method'], values: unknown[]): Promise<unknown>
}

interface Waiting {
  resolve: (value: unknown) => void
  reject: (error: Error) => void
}

/** The database is to be opened first. */
export function startStoreThread(file: string): StoreThread {
  const waiting = new Map<number, Waiting>()
  const workerData: StoreWorkerData = { file }
  // The suffix is that of this file: sources run as they are, packages are compiled.
  const worker = new Worker(new URL(`./store-worker${extname(import.meta.url)}`, import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: LIMITS.storeHeapMiB },
  })
  let failure: TrackerError | undefined

  function fail(why: string, cause?: unknown): void {
    failure ??= new TrackerError('STORE_UNAVAILABLE', `the thread of ${file} ${why}`, { cause })
    for (const { reject } of waiting.values()) reject(failure)
    waiting.clear()
  }

  worker.on('message', (answer: Answer) => {
    const asked = waiting.get(answer.id)
    waiting.delete(answer.id)
    if ('error' in answer) asked?.reject(decodeError(answer.error))
    else asked?.resolve(answer.value)
  })
  worker.on('error', (error) => fail(`failed: ${error instanceof Error ? error.message : String(error)}`, error))
  worker.on('exit', () => fail('has ended'))

  let calls = 0
  let isOpen = false
  async function call(method: Call['method'], values: unknown[]): Promise<unknown> {
    const id = (calls += 1)
    const answered = new Promise((resolve, reject) => {
      if (failure === undefined) waiting.set(id, { resolve, reject })
      else reject(failure)
    })
    worker.postMessage({ id, method, values } satisfies Call)
    return await answered
  }

  return {
    async open() {
      await call('open', [])
      isOpen = true
    },
    call,
    async [Symbol.asyncDispose]() {
      try {
        if (isOpen && failure === undefined) await call('close', [])
      } finally {
        await worker.terminate()
      }
    },
  }
}
