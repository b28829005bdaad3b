/** Devices that announce themselves are alive though they report nothing. Written down now and then: an announce itself stays in memory. */
import { LIMITS } from '../limits.ts'
import type { ReportStore } from '../store/store.ts'

export interface Heard extends AsyncDisposable {
  of(device: string): void
}

interface HeardDeps {
  store: Pick<ReportStore, 'markHeard'>
  /** Epoch ms. */
  now: () => number
  onFailure: (error: unknown) => void
}

export function keepHeard({ store, now, onFailure }: HeardDeps): Heard {
  /** Device → when it was last written down, in that order. */
  const written = new Map<string, number>()
  const waiting = new Set<string>()
  let writing: Promise<void> = Promise.resolve()

  async function write(): Promise<void> {
    const devices = [...waiting].slice(0, LIMITS.heardAtOnceMax)
    const atMs = now()
    for (const [device, lastMs] of written) {
      if (atMs - lastMs < LIMITS.heardAgainMs) break
      written.delete(device)
    }
    if (devices.length === 0) return
    try {
      await store.markHeard(devices, atMs)
      for (const device of devices) {
        waiting.delete(device)
        written.set(device, atMs)
      }
    } catch (error) {
      onFailure(error)
    }
  }

  const timer = setInterval(() => {
    writing = writing.then(write)
  }, LIMITS.heardEveryMs)
  return {
    of(device) {
      if (!written.has(device) && waiting.size < LIMITS.peersMax) waiting.add(device)
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await writing
    },
  }
}
