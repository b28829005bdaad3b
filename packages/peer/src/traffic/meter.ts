/** Makes those who move bytes wait until a rate allows it: a piece each in turn. */
import { changeRate, grainBytes, spend, startBucket, waitMs } from './bucket.ts'

export interface Meter {
  /** Bytes a second; 0 lets nothing through, Infinity everything. */
  rate: number
  /** Whether what is moved must be even: then hardly any time that was not used is made up for. */
  isEven: boolean
  /** How much to take at once, so that others have their turn. */
  readonly grainBytes: number
  /**
   * Resolves with true when the bytes may be moved, and with false when none may: the rate is or becomes 0, or the signal aborts.
   * Never rejects.
   * @param whom those who are named take turns, however often each asks
   */
  take(bytes: number, signal: AbortSignal, whom?: string): Promise<boolean>
  /** Bytes that were moved since the last call. */
  takeCount(): number
}

/** More than ever wait at the same time. */
const REMEMBERED_TURNS = 256

interface Waiting {
  whom: string
  bytes: number
  settle(granted: boolean): void
}

export function createMeter(rate = Infinity): Meter {
  const now = (): number => performance.now()
  const bucket = startBucket(rate, now())
  const queue: Waiting[] = []
  /** Of those who wait: when each had its last turn, counted in turns. */
  const turns = new Map<string, number>()
  let turn = 0
  let movedBytes = 0
  let timer: NodeJS.Timeout | undefined

  function pump(): void {
    clearTimeout(timer)
    timer = undefined
    for (let next = whoIsNext(); next !== undefined; next = whoIsNext()) {
      if (bucket.rate > 0) {
        const wait = waitMs(bucket, now())
        if (wait > 0) {
          timer = setTimeout(pump, wait)
          return
        }
        spend(bucket, next.bytes, now())
        movedBytes += next.bytes
        turns.delete(next.whom)
        turns.set(next.whom, ++turn)
      }
      leave(next)
      next.settle(bucket.rate > 0)
    }
  }

  /** Whose last turn was the longest ago; of its own it is the oldest. */
  function whoIsNext(): Waiting | undefined {
    let first: Waiting | undefined
    for (const each of queue) if (first === undefined || lastTurn(each) < lastTurn(first)) first = each
    return first
  }

  function lastTurn({ whom }: Waiting): number {
    return turns.get(whom) ?? 0
  }

  function leave(waiting: Waiting): void {
    queue.splice(queue.indexOf(waiting), 1)
    // Whoever waits again at once had its turn; whoever comes back later is first, and nobody is remembered for ever.
    for (const [whom, at] of turns) {
      if (turn - at < REMEMBERED_TURNS) break
      turns.delete(whom)
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
    get isEven() {
      return bucket.isEven
    },
    set isEven(value) {
      bucket.isEven = value
    },
    get grainBytes() {
      return grainBytes(bucket.rate)
    },
    takeCount() {
      const count = movedBytes
      movedBytes = 0
      return count
    },
    take(bytes, signal, whom = '') {
      if (signal.aborted || bucket.rate === 0) return Promise.resolve(false)
      if (bucket.rate === Infinity) {
        movedBytes += bytes
        return Promise.resolve(true)
      }
      return new Promise((resolve) => {
        const waiting: Waiting = {
          whom,
          bytes,
          settle(granted) {
            signal.removeEventListener('abort', giveUp)
            resolve(granted)
          },
        }
        function giveUp(): void {
          leave(waiting)
          waiting.settle(false)
        }
        signal.addEventListener('abort', giveUp)
        queue.push(waiting)
        if (queue.length === 1) pump()
      })
    },
  }
}
