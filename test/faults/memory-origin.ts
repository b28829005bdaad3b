import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface MemoryOrigin extends AsyncDisposable {
  readonly url: string
}

/** A plain, correct origin that serves objects from memory: path → bytes. GET, one range a request. */
export async function startMemoryOrigin(objects: ReadonlyMap<string, Uint8Array>): Promise<MemoryOrigin> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(URL.parse(request.url ?? '/', 'http://origin')?.pathname.slice(1) ?? '')
    const bytes = objects.get(path)
    if (bytes === undefined) return void response.writeHead(404).end()
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
    if (range === null) return void response.writeHead(200, { 'content-length': bytes.length }).end(bytes)
    const first = Number(range[1])
    const last = Math.min(Number(range[2]), bytes.length - 1)
    if (first > last) return void response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end()
    response.writeHead(206, {
      'content-length': last - first + 1,
      'content-range': `bytes ${first}-${last}/${bytes.length}`,
    })
    response.end(bytes.subarray(first, last + 1))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
