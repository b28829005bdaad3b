import { once } from 'node:events'
import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { bodyPieces } from './body-pieces.ts'

/** As the body of an answer: what is taken makes the next piece come at once, in the same call. */
function bodyOf(pieces: readonly Uint8Array[], end: (body: Readable) => void = (body) => body.push(null)): Readable {
  const left = [...pieces]
  return new Readable({
    highWaterMark: 1,
    read() {
      const piece = left.shift()
      if (piece === undefined) end(this)
      else this.push(piece)
    },
  })
}

const PIECES = [1, 2, 3].map((value) => new Uint8Array(70_000).fill(value))

it('hands on each piece as it was read, in the memory in which it came', async () => {
  const buffers: unknown[] = []
  for await (const piece of bodyPieces(bodyOf(PIECES))) buffers.push(piece.buffer)
  expect(buffers).toEqual(PIECES.map(({ buffer }) => buffer))
  expect(buffers.every((buffer, at) => buffer === PIECES[at]?.buffer)).toBe(true)
})

it('fails with what the body fails with, after what came before', async () => {
  const broken = new Error('reset')
  const seen: number[] = []
  const reading = async (): Promise<void> => {
    for await (const piece of bodyPieces(bodyOf(PIECES.slice(0, 1), (body) => body.destroy(broken))))
      seen.push(piece.length)
  }
  await expect(reading()).rejects.toBe(broken)
  expect(seen).toEqual([70_000])
})

it('ends with an error when the body is closed before its end', async () => {
  const body = bodyOf([], (self) => self.destroy())
  await expect(bodyPieces(body).next()).rejects.toThrow('before its end')
})

it('closes the body when nobody reads on', async () => {
  const body = bodyOf(PIECES)
  for await (const piece of bodyPieces(body)) if (piece.length > 0) break
  if (!body.closed) await once(body, 'close')
  expect(body.destroyed).toBe(true)
})
