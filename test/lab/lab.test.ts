import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createLab, type Host } from './lab.ts'
import { listNamespaces, sweepNamespaces, whyNoNamespaces } from './namespaces.ts'
import { plainDownload, startPlainServer } from './plain-http.ts'

const missing = whyNoNamespaces()
const TIMEOUT_MS = 60_000

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
      for (const host of [far, other]) stack.use(await startPlainServer(host))

      // Two seconds at that rate; headers come on top, what the shaper lets through at once comes off.
      expect(await plainDownload(near, far, bytes)).toBeGreaterThan(1_800)
      const { inBytes } = lab.site('here').uplink()
      expect(inBytes / bytes).toBeGreaterThan(1)
      expect(inBytes / bytes).toBeLessThan(1.1)
      // What the shaper drops was sent, and is sent again.
      expect(far.traffic().outBytes).toBeGreaterThanOrEqual(inBytes)

      await plainDownload(near, other, bytes)
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
