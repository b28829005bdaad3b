import { METADATA_BYTES_MAX } from '@shoal/release'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { watchOrigin } from './watch.ts'

it('hears each state of the origin once, asks for no more than it needs, and goes on after failures', async () => {
  await using stack = new AsyncDisposableStack()
  const asked: (string | undefined)[] = []
  const answers: ((response: ServerResponse) => unknown)[] = [
    (response) => response.writeHead(200, { etag: '"1"' }).end('one'),
    (response) => response.writeHead(304).end(),
    (response) => response.writeHead(404).end('not there'),
    (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    (response) => response.destroy(),
    (response) => response.writeHead(200).end(Buffer.alloc(METADATA_BYTES_MAX.timestamp + 1)),
    (response) => response.writeHead(200, { etag: '"2"' }).end('two'),
  ]
  const server = createServer((request, response) => {
    expect(request.url).toBe('/base/tuf/timestamp.json')
    asked.push(request.headers['if-none-match'])
    const answer = answers.shift()
    if (answer === undefined) response.writeHead(304).end()
    else answer(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  const heard: string[] = []
  const failures: number[] = []
  const two = Promise.withResolvers<undefined>()
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/base/`)
  stack.use(
    watchOrigin(
      { url, everyMs: 10 },
      {
        hear(timestamp) {
          heard.push(Buffer.from(timestamp).toString())
          if (heard.length === 2) two.resolve(undefined)
        },
        onFailure: (_error, count) => failures.push(count),
        random: () => 0,
      },
    ),
  )
  await two.promise
  expect(heard).toEqual(['one', 'two'])
  expect(failures).toEqual([1, 2, 3, 4])
  expect(asked.slice(0, 7)).toEqual([undefined, ...new Array<string>(6).fill('"1"')])
})
