/** Requests to an origin that is served from a folder: whatever they are, nothing outside the folder is sent. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { parseRequestPath } from '../../../packages/seeder/src/serve/file-path.ts'
import { startOriginServer } from '../../../packages/seeder/src/serve/server.ts'
import { mustHold, type Sample, type Target } from '../target.ts'

const SECRET = 'nobody outside shall read this'
const CONTENT = 'a document of the origin'
const IDLE_MS = 500
const LINES = 'Host: origin\r\nConnection: close\r\nRange: bytes=2-5\r\n\r\n'

export const REQUEST_TARGETS: Target[] = [
  {
    name: 'request-path',
    refusals: [],
    samples: () => [pathSample('/tuf/3.root.json'), pathSample('/packs/0a%2B?x=1')],
  },
  { name: 'origin-request', refusals: [], samples: requests },
]

function pathSample(text: string): Sample {
  return {
    bytes: Buffer.from(text),
    read(bytes) {
      const path = parseRequestPath(Buffer.from(bytes).toString('latin1'))
      if (path !== undefined)
        mustHold(!/^\.\.|^\/|\0|\\/.test(relative('/folder', join('/folder', path))), 'a path is inside')
      return path
    },
  }
}

async function requests(stack: AsyncDisposableStack): Promise<Sample[]> {
  const above = await mkdtemp(join(tmpdir(), 'shoal-fuzz-'))
  stack.defer(() => rm(above, { recursive: true }))
  const dir = join(above, 'origin')
  await mkdir(join(dir, 'tuf'), { recursive: true })
  await writeFile(join(dir, 'tuf', 'timestamp.json'), CONTENT)
  await writeFile(join(above, 'secret'), SECRET)
  await writeFile(join(dir, '.hidden'), SECRET)
  const server = stack.use(await startOriginServer({ dir, host: '127.0.0.1', port: 0 }))
  const port = Number(new URL(server.url).port)
  return [`GET /tuf/timestamp.json HTTP/1.1\r\n${LINES}`, `HEAD /tuf/timestamp.json HTTP/1.1\r\n${LINES}`].map(
    (text) => ({
      bytes: Buffer.from(text),
      async read(bytes) {
        const answer = await say(port, bytes)
        mustHold(!answer.includes(SECRET), 'what is outside or hidden stays there')
        return /^HTTP\/1\.1 20/.test(answer) ? true : undefined
      },
    }),
  )
}

/** All that comes back. The blank line ends a head that has none; who answered is told that there is no more to come. */
async function say(port: number, bytes: Uint8Array): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const parts: Buffer[] = []
  socket.once('data', () => socket.end())
  socket.on('data', (part) => parts.push(part))
  // A request that cannot be read is cut off; one that goes on for ever is not waited for.
  socket.on('error', () => undefined)
  socket.setTimeout(IDLE_MS, () => socket.destroy())
  socket.write(Buffer.concat([bytes, Buffer.from('\r\n\r\n')]))
  await new Promise((resolve) => socket.once('close', resolve))
  return Buffer.concat(parts).toString('latin1')
}
