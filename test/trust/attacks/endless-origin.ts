/** An origin that answers some requests with the first bytes of what is there, and then with zeros without an end. */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Shelf } from './shelf.ts'

export interface EndlessOrigin extends AsyncDisposable {
  readonly url: string
  /** Bytes that were taken of answers without an end, the buffers on the way included. */
  readonly takenBytes: number
}

const PIECE = Buffer.alloc(64 << 10)
/** Where it stops after all, if nobody hangs up. */
const ENDLESS_BYTES = 256 << 20

export async function startEndlessOrigin(shelf: Shelf, endless: RegExp): Promise<EndlessOrigin> {
  let takenBytes = 0

  function pour(response: ServerResponse): void {
    while (!response.destroyed && takenBytes < ENDLESS_BYTES) {
      takenBytes += PIECE.length
      if (!response.write(PIECE)) return void response.once('drain', () => pour(response))
    }
    response.end()
  }

  const server = createServer((request, response) => {
    const path = (request.url ?? '/').slice(1)
    const bytes = shelf.get(path)
    if (bytes === undefined) return void response.writeHead(404).end()
    if (!endless.test(path)) return void response.end(bytes)
    response.write(bytes)
    pour(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    get takenBytes() {
      return takenBytes
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
