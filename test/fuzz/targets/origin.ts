/** Answers of an origin, byte by byte as they are on the wire, to a client that asks for a document or for chunks. */
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { sha256 } from '@shoal/release'
import { PeerError } from '../../../packages/peer/src/error.ts'
import { createOriginClient, type OriginClient } from '../../../packages/peer/src/origin/index.ts'
import type { Random } from '../mutate.ts'
import { cut, mustHold, type Sample, type Target } from '../target.ts'
import { CHUNKS, FRAMES, PACK } from './packs.ts'

const DOCUMENT = Buffer.from('{"signed":{}}')
const PACK_SHA256 = Buffer.from(sha256(PACK)).toString('hex')
/** Nothing is asked twice, and nobody waits: the other side always hangs up. */
const OPTIONS = { attemptsMax: 1, retryAfterMaxMs: 0 }

export const ORIGIN_TARGETS: Target[] = [
  { name: 'origin-document', refusals: [PeerError], samples: documents },
  { name: 'origin-pack', refusals: [PeerError], samples: packs },
]

async function documents(stack: AsyncDisposableStack): Promise<Sample[]> {
  const ask = await startOrigin(stack)
  const fetch = async (origin: OriginClient): Promise<unknown> => {
    const bytes = await origin.fetchMetadata('timestamp.json', DOCUMENT.length, { signal: signal() })
    mustHold((bytes?.length ?? 0) <= DOCUMENT.length, 'a document is no longer than was asked')
    return bytes
  }
  const read = (bytes: Uint8Array, random: Random): Promise<unknown> => ask(bytes, random, fetch)
  return [
    { bytes: answer('200 OK', `content-length: ${DOCUMENT.length}`, DOCUMENT), read },
    {
      bytes: answer('200 OK', 'transfer-encoding: chunked', Buffer.from(`d\r\n${DOCUMENT.toString()}\r\n0\r\n\r\n`)),
      read,
    },
  ]
}

async function packs(stack: AsyncDisposableStack): Promise<Sample[]> {
  const ask = await startOrigin(stack)
  const index = {
    packs: [{ sha256: PACK_SHA256, length: PACK.length }],
    pack: new Uint32Array(FRAMES.length),
    offset: Uint32Array.from(FRAMES, ({ offset }) => offset),
    length: Uint32Array.from(FRAMES, ({ length }) => length),
  }
  const chunks = {
    count: CHUNKS.length,
    sizes: Uint32Array.from(CHUNKS, ({ length }) => length),
    digest: (chunk: number) => sha256(CHUNKS[chunk] ?? new Uint8Array()),
  }
  const fetch = async (origin: OriginClient): Promise<unknown> => {
    let failure: PeerError | undefined
    for await (const outcome of origin.fetchChunks(index, { chunks }, [0, 1, 2], { signal: signal() })) {
      if (outcome.error !== undefined) failure = outcome.error
      else
        mustHold(Buffer.compare(outcome.bytes, CHUNKS[outcome.chunk] ?? new Uint8Array()) === 0, 'a chunk is the chunk')
    }
    if (failure !== undefined) throw failure
    return true
  }
  const first = FRAMES[0]?.offset ?? 0
  const range = `content-range: bytes ${first}-${PACK.length - 1}/${PACK.length}`
  const read = (bytes: Uint8Array, random: Random): Promise<unknown> => ask(bytes, random, fetch)
  return [
    {
      bytes: answer('206 Partial Content', `${range}\r\ncontent-length: ${PACK.length - first}`, PACK.subarray(first)),
      read,
    },
    { bytes: answer('200 OK', `content-length: ${PACK.length}`, PACK), read },
  ]
}

type Ask = (answer: Uint8Array, random: Random, fetch: (origin: OriginClient) => Promise<unknown>) => Promise<unknown>

/** An origin that answers every request with the input, and hangs up. */
async function startOrigin(stack: AsyncDisposableStack): Promise<Ask> {
  let pieces: Uint8Array[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // The client may hang up first.
    socket.on('error', () => undefined)
    socket.once('data', () => {
      for (const piece of pieces) socket.write(piece)
      socket.end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return async (answer, random, fetch) => {
    pieces = [...cut(answer, random)]
    await using origin = createOriginClient(url, OPTIONS)
    return await fetch(origin)
  }
}

function answer(status: string, headers: string, body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n`), body])
}

function signal(): AbortSignal {
  return new AbortController().signal
}
