// Opening a stream costs more than a question and its answer. One that is done is kept for the next question to the same peer, for a while.
import type { Stream } from '@libp2p/interface'
import { LIMITS } from '../limits.ts'

export interface IdleStreams {
  /** Undefined when none is open. Who takes it owns it. */
  take(key: string): Stream | undefined
  /** A second one of the same key is closed. */
  keep(key: string, stream: Stream): void
}

/** Of each node its own. */
const all = new WeakMap<object, IdleStreams>()

export function idleStreamsOf(node: object): IdleStreams {
  const known = all.get(node) ?? createIdleStreams()
  all.set(node, known)
  return known
}

interface Kept {
  stream: Stream
  release: () => void
}

function createIdleStreams(): IdleStreams {
  const kept = new Map<string, Kept>()

  function drop(key: string, { stream, release }: Kept): void {
    release()
    if (kept.get(key)?.stream === stream) kept.delete(key)
    stream
      .close({ signal: AbortSignal.timeout(LIMITS.exchangeTimeoutMs) })
      .catch(() => stream.abort(new Error('not closed')))
  }

  return {
    take(key) {
      const found = kept.get(key)
      if (found === undefined) return undefined
      kept.delete(key)
      found.release()
      return isUsable(found.stream) ? found.stream : undefined
    },
    keep(key, stream) {
      const onEnd = (): void => drop(key, entry)
      const timer = setTimeout(onEnd, LIMITS.idleStreamMs)
      timer.unref()
      const entry: Kept = {
        stream,
        release() {
          clearTimeout(timer)
          stream.removeEventListener('remoteCloseWrite', onEnd)
          stream.removeEventListener('close', onEnd)
        },
      }
      stream.addEventListener('remoteCloseWrite', onEnd)
      stream.addEventListener('close', onEnd)
      if (kept.has(key) || kept.size >= LIMITS.idleStreamsMax || !isUsable(stream)) drop(key, entry)
      else kept.set(key, entry)
    },
  }
}

function isUsable({ status, readStatus, writeStatus }: Stream): boolean {
  return status === 'open' && readStatus === 'readable' && writeStatus === 'writable'
}
