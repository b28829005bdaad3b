// Questions and answers, both dag-cbor in a frame: one question at a time over a stream, which then waits for the next one.
import type { Connection, Libp2p, PeerId, Stream } from '@libp2p/interface'
import { decode, encode } from '@ipld/dag-cbor'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import { closeStream, readFrame, readFrameOrEnd, writeFrame } from './frame.ts'
import { idleStreamsOf } from './idle-streams.ts'

export interface ExchangeLimits {
  questionBytesMax: number
  answerBytesMax: number
  /** For the whole exchange. */
  timeoutMs: number
}

export interface AnswerLimits extends ExchangeLimits {
  streamsPerConnectionMax: number
  /** Over all connections, of those that owe an answer; a stream above it is reset. */
  streamsMax: number
}

/** What the other side sent, or failed to send or to wait for: nothing went wrong here. */
const REMOTE_FAULTS = ['FRAME_INVALID', 'TIMEOUT', 'REFUSED', 'UNREACHABLE'] as const
export type RemoteFault = (typeof REMOTE_FAULTS)[number]

/** Undefined for what is a fault of this side. */
export function remoteFaultOf(error: unknown): RemoteFault | undefined {
  return error instanceof TrackerError ? REMOTE_FAULTS.find((code) => code === error.code) : undefined
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
  const idle = idleStreamsOf(node)
  const key = `${peer.toString()} ${protocol}`
  const kept = idle.take(key)
  if (kept !== undefined) {
    try {
      return await askOn(kept, question, limits, signal, () => idle.keep(key, kept))
    } catch (error) {
      // The other side may have closed it as the question was sent: every question may be asked twice.
      signal.throwIfAborted()
      if (!(error instanceof TrackerError) || error.code === 'REPLY_INVALID') throw error
    }
  }
  const stream = await openStream(node, peer, protocol, signal)
  return await askOn(stream, question, limits, signal, () => idle.keep(key, stream))
}

async function askOn(
  stream: Stream,
  question: unknown,
  limits: ExchangeLimits,
  signal: AbortSignal,
  done: () => void,
): Promise<unknown> {
  try {
    await writeFrame(stream, encode(question), signal)
    const answer = decodeMessage(await readFrame(stream, limits.answerBytesMax, signal), 'REPLY_INVALID')
    done()
    return answer
  } catch (error) {
    stream.abort(error instanceof Error ? error : new Error('the exchange failed'))
    throw error
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
  const deadlines = new Set<Deadline>()
  let isStopped = false
  /** Those that owe an answer, or a first question: who is done waits without being counted. */
  let busy = 0

  async function serve(stream: Stream, connection: Connection, deadline: Deadline): Promise<void> {
    deadline.within(limits.timeoutMs)
    let bytes: Uint8Array | undefined = await counted(() => readFrame(stream, limits.questionBytesMax, deadline.signal))
    while (bytes !== undefined) {
      const question = bytes
      deadline.within(limits.timeoutMs)
      await counted(() => answerOn(stream, connection, question, deadline.signal))
      deadline.within(LIMITS.idleStreamServedMs)
      bytes = await nextQuestion(stream, deadline.signal)
    }
    await closeStream(stream, AbortSignal.timeout(limits.timeoutMs))
  }

  /** Undefined when there is none: the other side is done, or gone, or was silent for long. */
  async function nextQuestion(stream: Stream, signal: AbortSignal): Promise<Uint8Array | undefined> {
    try {
      return await readFrameOrEnd(stream, limits.questionBytesMax, signal)
    } catch (error) {
      if (error instanceof TrackerError && error.code === 'FRAME_INVALID') throw error
      return undefined
    }
  }

  async function counted<T>(work: () => Promise<T>): Promise<T> {
    if (busy >= limits.streamsMax) throw new TrackerError('REFUSED', 'too many streams')
    busy += 1
    try {
      return await work()
    } finally {
      busy -= 1
    }
  }

  async function answerOn(
    stream: Stream,
    connection: Connection,
    bytes: Uint8Array,
    signal: AbortSignal,
  ): Promise<void> {
    let question: unknown
    try {
      question = decodeMessage(bytes, 'FRAME_INVALID')
    } catch {
      question = undefined
    }
    const reply = await answer(question, connection)
    if (reply === undefined) throw new TrackerError('FRAME_INVALID', 'the question has no answer')
    await writeFrame(stream, encode(reply), signal)
  }

  await node.handle(
    protocol,
    async (stream, connection) => {
      const deadline = createDeadline()
      deadlines.add(deadline)
      if (isStopped) deadline.end(new Error('stopped'))
      try {
        await serve(stream, connection, deadline)
      } catch (error) {
        // A remote that sends garbage or nothing loses its stream, and hears nothing of why.
        if (!isStopped) onFailure(error)
        stream.abort(error instanceof Error ? error : new Error('the exchange failed'))
      } finally {
        deadline.end()
        deadlines.delete(deadline)
      }
    },
    { maxInboundStreams: limits.streamsPerConnectionMax },
  )
  return {
    async [Symbol.asyncDispose]() {
      isStopped = true
      for (const deadline of deadlines) deadline.end(new Error('stopped'))
      await node.unhandle(protocol)
    },
  }
}

interface Deadline {
  readonly signal: AbortSignal
  /** From now on, and instead of what was said before. */
  within(ms: number): void
  /** There is none any more; with an error, it has come. */
  end(error?: Error): void
}

/** One for all questions of a stream: a composite signal for each costs as much as its answer. */
function createDeadline(): Deadline {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  return {
    signal: controller.signal,
    within(ms) {
      clearTimeout(timer)
      timer = setTimeout(() => controller.abort(new DOMException('no answer in time', 'TimeoutError')), ms)
      // A program that is done does not stay for it.
      timer.unref()
    },
    end(error) {
      clearTimeout(timer)
      if (error !== undefined) controller.abort(error)
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
