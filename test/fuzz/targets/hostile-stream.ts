/** A stream on which a fuzzer speaks, and the nodes between which it is opened. */
import type { answerQuestions, ask } from '@shoal/tracker/client'
import type { Random } from '../mutate.ts'
import { cut } from '../target.ts'

type AskingNode = Parameters<typeof ask>[0]
type AnsweringNode = Parameters<typeof answerQuestions>[0]
type Stream = Awaited<ReturnType<AskingNode['dialProtocol']>>
type Handler = Parameters<AnsweringNode['handle']>[1]
export type PeerId = Parameters<typeof ask>[1]

/** Half of libp2p's stream: what tracker and peers use of it. */
class HostileStream extends EventTarget {
  maxReadBufferLength = 0
  readableEnded = false
  readonly sent: Uint8Array[] = []
  #aborted = false

  send(bytes: Uint8Array): boolean {
    this.sent.push(bytes)
    return true
  }

  /** All of the bytes, unless it is aborted before, and then the end. */
  async speak(pieces: Iterable<Uint8Array>): Promise<void> {
    for (const data of pieces) {
      if (this.#aborted) return
      this.dispatchEvent(new MessageEvent('message', { data }))
      await Promise.resolve()
    }
    this.readableEnded = true
    this.dispatchEvent(new Event('end'))
  }

  onDrain(): Promise<void> {
    return Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  abort(): void {
    this.#aborted = true
  }
}

/** The other side's id is text like any other here. */
export function peerNamed(text: string): PeerId {
  return { toString: () => text } as PeerId
}

/** A node whose every question is answered with the bytes. */
export function answeredWith(bytes: Uint8Array, random: Random): AskingNode {
  const stream = new HostileStream()
  const pieces = [...cut(bytes, random)]
  // In a later turn, when the question is out and the answer is waited for.
  setImmediate(() => void stream.speak(pieces))
  return { dialProtocol: () => Promise.resolve(stream as unknown as Stream) }
}

/** A node that answers on one protocol; returns what is said to it on a stream of its own, and hears the answer. */
export function answering(): {
  node: AnsweringNode
  say(bytes: Uint8Array, random: Random, from: PeerId): Promise<Uint8Array[]>
} {
  let handler: Handler | undefined
  return {
    node: {
      handle(_protocol, given) {
        handler = given
        return Promise.resolve()
      },
      unhandle: () => Promise.resolve(),
    },
    async say(bytes, random, remotePeer) {
      const stream = new HostileStream()
      const handled = handler?.(stream as unknown as Stream, { remotePeer } as Parameters<Handler>[1])
      await Promise.all([handled, stream.speak(cut(bytes, random))])
      return stream.sent
    },
  }
}
