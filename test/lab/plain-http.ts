/** A plain server and downloads from it, each a process of its own at a host of a lab: traffic that knows nothing of shoal. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { Host } from './lab.ts'

const execute = promisify(execFile)
const TIMEOUT_MS = 60_000
const PORT = 8_000

/** Sends as many bytes as the path says to whoever asks; prints when it listens. */
const SERVER = `
  const server = require('node:http').createServer((asked, answer) => answer.end(Buffer.alloc(Number(asked.url.slice(1)))))
  server.listen(${PORT}, () => console.log('listening'))`
/** Prints how many milliseconds the answer took. */
const CLIENT = `
  const startedAt = performance.now()
  fetch(process.argv[1]).then((answer) => answer.arrayBuffer()).then(() => console.log(performance.now() - startedAt))`

export async function startPlainServer({ via }: Host): Promise<AsyncDisposable> {
  const [command, ...before] = [...via, process.execPath]
  const child = spawn(command, [...before, '-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(createInterface(child.stdout), 'line', { signal: AbortSignal.timeout(TIMEOUT_MS) })
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await once(child, 'close')
    },
  }
}

/** Milliseconds. */
export async function plainDownload(from: Host, to: Host, bytes: number): Promise<number> {
  const [command, ...before] = [...from.via, process.execPath]
  const args = [...before, '-e', CLIENT, `http://${to.address}:${PORT}/${bytes}`]
  const { stdout } = await execute(command, args, { timeout: TIMEOUT_MS })
  return Number(stdout)
}
