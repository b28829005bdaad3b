/** Makes those who move bytes wait until a rate allows it, one after the other: a piece each in turn. */
import { changeRate, grainBytes, spend, startBucket, waitMs } from './bucket.ts'

export interface Meter {
  /** Bytes a second; 0 lets nothing through, Infinity everything. */
  rate: number
  /** How much to take at once, so that others have their turn. */
  readonly grainBytes: number
  /**
   * Resolves with true when the bytes may be moved, and with false when none may: the rate is or becomes 0, or the signal aborts.
   * Never rejects.
   */
  take(bytes: number, signal: AbortSignal): Promise<boolean>
}

interface Waiting {
  bytes: number
  settle(granted: boolean): void
}

export function createMeter(rate = Infinity): Meter {
  const now = (): number => performance.now()
  const bucket = startBucket(rate, now())
  const queue: Waiting[] = []
  let timer: NodeJS.Timeout | undefined

  function pump(): void {
    clearTimeout(timer)
    timer = undefined
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      if (bucket.rate > 0) {
        const wait = waitMs(bucket, now())
        if (wait > 0) {
          timer = setTimeout(pump, wait)
          return
        }
        spend(bucket, next.bytes, now())
      }
      queue.shift()
      next.settle(bucket.rate > 0)
    }
  }

  return {
    get rate() {
      return bucket.rate
    },
    set rate(value) {
      if (value === bucket.rate) return
      changeRate(bucket, value, now())
      pump()
    },
    get grainBytes() {
      return grainBytes(bucket.rate)
    },
    take(bytes, signal) {
      if (signal.aborted || bucket.rate === 0) return Promise.resolve(false)
      if (bucket.rate === Infinity) return Promise.resolve(true)
      return new Promise((resolve) => {
        const waiting: Waiting = {
          bytes,
          settle(granted) {
            signal.removeEventListener('abort', giveUp)
            resolve(granted)
          },
        }
        function giveUp(): void {
          queue.splice(queue.indexOf(waiting), 1)
          waiting.settle(false)
        }
        signal.addEventListener('abort', giveUp)
        queue.push(waiting)
        if (queue.length === 1) pump()
      })
    },
  }
}
