/** What both sides of a link share: the hello first and once, and an end to the link at the first thing that cannot be. */
import { PeerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import { createDeframer } from './deframer.ts'
import { violation, type Hello } from './frames.ts'
import type { Link } from './link.ts'

export interface Heard<M> {
  hello(hello: Hello): void
  message(message: Exclude<M, { type: 'hello' }>): void
  /** Absent on the side that takes no data. */
  payload?(id: number, piece: Uint8Array): void
}

/** @param decode throws PeerError PROTOCOL_VIOLATION. Returns how to end the link because of what the other side did. */
export function hear<M extends { type: string }>(
  link: Link,
  decode: (type: number, body: Uint8Array) => M | ({ type: 'hello' } & Hello),
  heard: Heard<M>,
  onViolation: (error: PeerError) => void,
): (error: PeerError) => void {
  let greeted = false
  const helloTimer = setTimeout(() => fail(new PeerError('TIMEOUT', 'no hello in time')), LIMITS.helloTimeoutMs)
  link.ended.addEventListener('abort', () => clearTimeout(helloTimer))
  if (link.ended.aborted) clearTimeout(helloTimer)

  function fail(error: PeerError): void {
    if (link.ended.aborted) return
    onViolation(error)
    link.close(error)
  }

  const deframer = createDeframer(
    {
      frame(type, body) {
        // A frame may end the link while more of them are in the same bytes.
        if (link.ended.aborted) return
        const message = decode(type, body)
        if (isHello(message)) {
          if (greeted) throw violation('a second hello')
          greeted = true
          clearTimeout(helloTimer)
          const { role, lanePort, site } = message
          heard.hello({ role, lanePort, site })
        } else {
          if (!greeted) throw violation(`${message.type} before hello`)
          heard.message(message as Exclude<M, { type: 'hello' }>)
        }
      },
      payload: (id, piece) => heard.payload?.(id, piece),
    },
    heard.payload !== undefined,
  )
  link.onData((bytes) => {
    if (link.ended.aborted) return
    try {
      deframer.push(bytes)
    } catch (error) {
      fail(error instanceof PeerError ? error : new PeerError('PROTOCOL_VIOLATION', 'bad frame', { cause: error }))
    }
  })
  return fail
}

function isHello(message: { type: string }): message is { type: 'hello' } & Hello {
  return message.type === 'hello'
}
