/** A decoder that never returns cannot be stopped by whoever called it; a thread of its own can tell, and with which input. */
import { Worker } from 'node:worker_threads'

/** Shared between the two threads. */
export interface Watched {
  name: string
  /** How many inputs there were, and how long the present one is; -1 between two. */
  state: Int32Array
  input: Uint8Array
}

export interface Watchdog extends AsyncDisposable {
  begins(input: Uint8Array): void
  ended(): void
}

const INPUT_BYTES_SHOWN = 1 << 20

export function startWatchdog(name: string): Watchdog {
  const state = new Int32Array(new SharedArrayBuffer(8)).fill(-1)
  const watched: Watched = { name, state, input: new Uint8Array(new SharedArrayBuffer(INPUT_BYTES_SHOWN)) }
  const worker = new Worker(new URL('./watchdog-worker.ts', import.meta.url), { workerData: watched })
  worker.unref()
  return {
    begins(input) {
      const shown = input.subarray(0, INPUT_BYTES_SHOWN)
      watched.input.set(shown)
      Atomics.add(state, 0, 1)
      Atomics.store(state, 1, shown.length)
    },
    ended: () => void Atomics.store(state, 1, -1),
    async [Symbol.asyncDispose]() {
      await worker.terminate()
    },
  }
}

export function readWatched({ name, state, input }: Watched): { name: string; round: number; input?: Uint8Array } {
  const round = Atomics.load(state, 0)
  const length = Atomics.load(state, 1)
  return length < 0 ? { name, round } : { name, round, input: input.slice(0, length) }
}
