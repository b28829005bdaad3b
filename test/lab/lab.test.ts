import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createLab, type Host } from './lab.ts'
import { listNamespaces, sweepNamespaces, whyNoNamespaces } from './namespaces.ts'

const execute = promisify(execFile)
const missing = whyNoNamespaces()
const TIMEOUT_MS = 60_000

/** Sends as many bytes as the path says to whoever asks; prints when it listens. */
const SERVER = `
  const server = require('node:http').createServer((asked, answer) => answer.end(Buffer.alloc(Number(asked.url.slice(1)))))
  server.listen(8000, () => console.log('listening'))`
/** Prints how many milliseconds the answer took. */
const CLIENT = `
  const startedAt = performance.now()
  fetch(process.argv[1]).then((answer) => answer.arrayBuffer()).then(() => console.log(performance.now() - startedAt))`

async function startServer({ via }: Host): Promise<AsyncDisposable> {
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

async function timeOf(from: Host, to: Host, bytes: number): Promise<number> {
  const [command, ...before] = [...from.via, process.execPath]
  const args = [...before, '-e', CLIENT, `http://${to.address}:8000/${bytes}`]
  const { stdout } = await execute(command, args, { timeout: TIMEOUT_MS })
  return Number(stdout)
}

function hostOf(hosts: readonly Host[], at: number): Host {
  const host = hosts[at]
  if (host === undefined) throw new Error(`no host ${at}`)
  return host
}

describe.skipIf(missing !== undefined)(`the lab${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  it(
    'holds an uplink to its rate, counts what went over it, and leaves the LAN alone',
    { timeout: TIMEOUT_MS },
    async () => {
      const bytes = 4e6
      using lab = createLab({ sites: { here: { hosts: 2, uplinkRate: 16e6, lanRate: 1e9 } }, servers: ['far'] })
      const [near, other, far] = [
        hostOf(lab.site('here').hosts, 0),
        hostOf(lab.site('here').hosts, 1),
        lab.server('far'),
      ]
      await using stack = new AsyncDisposableStack()
      for (const host of [far, other]) stack.use(await startServer(host))

      // Two seconds at that rate; headers come on top, what the shaper lets through at once comes off.
      expect(await timeOf(near, far, bytes)).toBeGreaterThan(1_800)
      const { inBytes } = lab.site('here').uplink()
      expect(inBytes / bytes).toBeGreaterThan(1)
      expect(inBytes / bytes).toBeLessThan(1.1)
      // What the shaper drops was sent, and is sent again.
      expect(far.traffic().outBytes).toBeGreaterThanOrEqual(inBytes)

      await timeOf(near, other, bytes)
      expect(lab.site('here').uplink().inBytes - inBytes).toBeLessThan(10_000)
    },
  )

  it('takes all of it away again', () => {
    const before = listNamespaces()
    const lab = createLab({ sites: { here: { hosts: 1 } }, servers: [] })
    expect(listNamespaces()).toHaveLength(before.length + 3)
    lab[Symbol.dispose]()
    expect(listNamespaces()).toEqual(before)
  })

  it('sweeps what a run left that was killed, and what still runs in it', { timeout: TIMEOUT_MS }, async () => {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const module = fileURLToPath(new URL('lab.ts', import.meta.url))
    const script = `
      import { spawn } from 'node:child_process'
      const { createLab } = await import(${JSON.stringify(module)})
      const [host] = createLab({ sites: { here: { hosts: 1 } }, servers: [] }).site('here').hosts
      const [command, ...args] = [...host.via, 'sleep', '600']
      spawn(command, args, { detached: true, stdio: ['ignore', 'ignore', 'ignore', 3] })
      console.log('made')
      setInterval(() => undefined, 1_000)`
    const args = ['--input-type=module', '-e', script]
    // Both hold the fourth pipe open: it ends with the last of them.
    const owner = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] })
    const [out, held] = [owner.stdio[1], owner.stdio[3]] as [Readable, Readable]
    await once(createInterface(out), 'line', { signal })
    const left = listNamespaces().filter((name) => name.startsWith(`shoal-lab-${owner.pid}-`))
    expect(left).toHaveLength(3)

    sweepNamespaces()
    expect(listNamespaces(), 'of a living owner').toEqual(expect.arrayContaining(left))

    const ended = once(held, 'close', { signal })
    held.resume()
    owner.kill('SIGKILL')
    await once(owner, 'exit', { signal })
    sweepNamespaces()
    expect(listNamespaces().filter((name) => left.includes(name))).toEqual([])
    await ended
  })
})
