import { once } from 'node:events'
import { expect, it } from 'vitest'
import { openStream } from './fixture/link-pairs.ts'
import { linkOverStream } from './link.ts'

it('sends nothing on a stream that is closing, as on one that has ended, and throws nothing', async () => {
  await using stack = new AsyncDisposableStack()
  const { peer, stream } = await openStream(stack)
  const link = linkOverStream(peer, stream)
  const closing = stream.close()
  expect([stream.writeStatus, link.ended.aborted]).toEqual(['closing', false])
  expect(link.send(Uint8Array.of(1), Uint8Array.of(2))).toBe(true)
  await closing
  expect(link.send(Uint8Array.of(3))).toBe(true)
  await link.drained()
  const ended = once(link.ended, 'abort')
  link.close()
  await ended
  expect(link.send(Uint8Array.of(4))).toBe(true)
})
