// One question and one answer over a stream of their own, both dag-cbor in a frame.
import type { Connection, Libp2p, PeerId, Stream } from '@libp2p/interface'
import { decode, encode } from '@ipld/dag-cbor'
import { TrackerError } from '../error.ts'
import { closeStream, readFrame, writeFrame } from './frame.ts'

export interface ExchangeLimits {
  questionBytesMax: number
  answerBytesMax: number
  /** For the whole exchange. */
  timeoutMs: number
}

export interface AnswerLimits extends ExchangeLimits {
  streamsPerConnectionMax: number
  /** Over all connections; a stream above it is reset. */
  streamsMax: number
}

/** Asks a peer that is connected, or whose addresses libp2p knows. The answer is decoded and otherwise unchecked. */
export async function ask(
  node: Pick<Libp2p, 'dialProtocol'>,
  peer: PeerId,
  protocol: string,
  question: unknown,
  limits: ExchangeLimits,
  options: { signal: AbortSignal },
): Promise<unknown> {
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(limits.timeoutMs)])
  const stream = await openStream(node, peer, protocol, signal)
  try {
    await writeFrame(stream, encode(question), signal)
    const answer = await readFrame(stream, limits.answerBytesMax, signal)
    return decodeMessage(answer, 'REPLY_INVALID')
  } catch (error) {
    stream.abort(error instanceof Error ? error : new Error('the exchange failed'))
    throw error
  } finally {
    await closeStream(stream, signal)
  }
}

/**
 * Answers every question of a protocol until disposed. `answer` gets undefined where the question was not dag-cbor, and
 * its own answer may be undefined to reset the stream.
 */
export async function answerQuestions(
  node: Pick<Libp2p, 'handle' | 'unhandle'>,
  protocol: string,
  limits: AnswerLimits,
  answer: (question: unknown, connection: Connection) => unknown,
  onFailure: (error: unknown) => void = () => undefined,
): Promise<AsyncDisposable> {
  const stopping = new AbortController()
  let streams = 0

  const serve = async (stream: Stream, connection: Connection): Promise<void> => {
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(limits.timeoutMs)])
    const bytes = await readFrame(stream, limits.questionBytesMax, signal)
    let question: unknown
    try {
      question = decodeMessage(bytes, 'FRAME_INVALID')
    } catch {
      question = undefined
    }
    const reply = await answer(question, connection)
    if (reply === undefined) throw new TrackerError('FRAME_INVALID', 'the question has no answer')
    await writeFrame(stream, encode(reply), signal)
    await closeStream(stream, signal)
  }

  await node.handle(
    protocol,
    async (stream, connection) => {
      if (streams >= limits.streamsMax) {
        const error = new TrackerError('REFUSED', 'too many streams')
        stream.abort(error)
        onFailure(error)
        return
      }
      streams += 1
      try {
        await serve(stream, connection)
      } catch (error) {
        // A remote that sends garbage or nothing loses its stream, and hears nothing of why.
        if (!stopping.signal.aborted) onFailure(error)
        stream.abort(error instanceof Error ? error : new Error('the exchange failed'))
      } finally {
        streams -= 1
      }
    },
    { maxInboundStreams: limits.streamsPerConnectionMax },
  )
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort(new Error('stopped'))
      await node.unhandle(protocol)
    },
  }
}

async function openStream(
  node: Pick<Libp2p, 'dialProtocol'>,
  peer: PeerId,
  protocol: string,
  signal: AbortSignal,
): Promise<Stream> {
  try {
    return await node.dialProtocol(peer, protocol, { signal })
  } catch (error) {
    signal.throwIfAborted()
    throw new TrackerError('UNREACHABLE', `${peer.toString()} does not answer ${protocol}`, { cause: error })
  }
}

function decodeMessage(bytes: Uint8Array, code: 'REPLY_INVALID' | 'FRAME_INVALID'): unknown {
  try {
    return decode(bytes)
  } catch (error) {
    throw new TrackerError(code, 'the message is not dag-cbor', { cause: error })
  }
}
