/** A decoder that never returns cannot be stopped by whoever called it; a thread of its own can tell, and with which input. */
import { Worker } from 'node:worker_threads'

/** Shared between the two threads. */
export interface Watched {
  /** How many inputs there were, and the lengths of the name and of the present input; -1 between two. */
  state: Int32Array
  name: Uint8Array
  input: Uint8Array
}

export interface Watchdog extends AsyncDisposable {
  begins(name: string, input: Uint8Array): void
  ended(): void
}

const NAME_BYTES_MAX = 64
const INPUT_BYTES_SHOWN = 1 << 20

export function startWatchdog(): Watchdog {
  const watched: Watched = {
    state: new Int32Array(new SharedArrayBuffer(12)).fill(-1),
    name: new Uint8Array(new SharedArrayBuffer(NAME_BYTES_MAX)),
    input: new Uint8Array(new SharedArrayBuffer(INPUT_BYTES_SHOWN)),
  }
  const worker = new Worker(new URL('./watchdog-worker.ts', import.meta.url), { workerData: watched })
  worker.unref()
  return {
    begins(name, input) {
      const shown = input.subarray(0, INPUT_BYTES_SHOWN)
      watched.input.set(shown)
      Atomics.store(watched.state, 1, new TextEncoder().encodeInto(name, watched.name).written)
      Atomics.add(watched.state, 0, 1)
      Atomics.store(watched.state, 2, shown.length)
    },
    ended: () => void Atomics.store(watched.state, 2, -1),
    async [Symbol.asyncDispose]() {
      await worker.terminate()
    },
  }
}

/** What is being read; `input` is absent between two inputs. */
export function readWatched({ state, name, input }: Watched): { round: number; name: string; input?: Uint8Array } {
  const [round, nameBytes, inputBytes] = [0, 1, 2].map((at) => Atomics.load(state, at)) as [number, number, number]
  const reader = { round, name: Buffer.from(name.slice(0, Math.max(0, nameBytes))).toString() }
  return inputBytes < 0 ? reader : { ...reader, input: input.slice(0, inputBytes) }
}
