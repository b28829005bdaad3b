import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { checkHealth, type HealthCheck } from './check.ts'
import { runCommand, type CommandOptions } from './command.ts'

const NEVER = new AbortController().signal
const LONG_MS = 30_000

function sh(script: string, options: Partial<CommandOptions> = {}): ReturnType<typeof runCommand> {
  return runCommand(['/bin/sh', '-c', script], { env: {}, timeoutMs: LONG_MS, signal: NEVER, ...options })
}

test('a command that ends with 0 is well; another code is told, with the last of what it printed', async () => {
  expect(await sh('echo noise')).toEqual({ ok: true })
  expect(await sh('echo "no  disk"; echo left >&2; exit 7')).toMatchObject({ ok: false, exitCode: 7 })
  expect(await sh('echo "no  disk"; exit 7')).toMatchObject({ message: '/bin/sh ended with exit code 7: no disk' })
  expect(await sh('kill -9 $$')).toEqual({ ok: false, message: '/bin/sh was ended by SIGKILL' })
})

test('its words are its own: no shell looks at them; the environment is added to', async () => {
  expect(await runCommand(['/bin/echo', '$HOME;', 'exit 1'], { env: {}, timeoutMs: LONG_MS, signal: NEVER })).toEqual({
    ok: true,
  })
  expect(
    await sh('test "$SHOAL_VERSION" = "2.0; rm" && test -n "$PATH"', { env: { SHOAL_VERSION: '2.0; rm' } }),
  ).toEqual({
    ok: true,
  })
})

test('a command that is not there is not well', async () => {
  const outcome = await runCommand(['/nowhere/tool'], { env: {}, timeoutMs: LONG_MS, signal: NEVER })
  expect(outcome).toMatchObject({
    ok: false,
    message: expect.stringMatching(/\/nowhere\/tool did not start: .*ENOENT/),
  })
})

test('one that takes too long is killed with all that it started', async () => {
  const outcome = await sh('sleep 600 & echo $!; wait', { timeoutMs: 300 })
  expect(outcome).toMatchObject({ ok: false, message: expect.stringContaining('did not end within 0.3 s') })
  const pid = Number(/(\d+)$/.exec(outcome.ok ? '' : outcome.message)?.[1])
  await expect.poll(() => isRunning(pid)).toBe(false)
})

test('one that is stopped with the peer is killed, too', async () => {
  expect(await sh('sleep 600', { signal: AbortSignal.timeout(100) })).toMatchObject({ ok: false })
})

test('what it leaves running, and prints without end, is neither waited for nor broken', async () => {
  expect(await sh('(while :; do echo line; sleep 0.01; done) & echo $! > /dev/null; kill -9 $! ; exit 0')).toEqual({
    ok: true,
  })
  const outcome = await sh('yes | head -c 200000; exit 4')
  expect(outcome).toMatchObject({ ok: false, exitCode: 4 })
  expect(outcome.ok ? '' : outcome.message.length).toBeLessThan(10_000)
})

async function served(listener: RequestListener): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/healthz`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const probe = (url: string, timeoutMs = LONG_MS): HealthCheck => ({
  probe: { kind: 'http', url },
  ...{ intervalMs: 1, timeoutMs, failuresMax: 1 },
})

test('a URL is well with 2xx, and with nothing else', async () => {
  let status = 204
  await using server = await served((_, response) => response.writeHead(status).end())
  const check = (): Promise<unknown> => checkHealth(probe(server.url), { env: {}, signal: NEVER })
  expect(await check()).toEqual({ ok: true })
  for (status of [301, 404, 503])
    expect(await check()).toEqual({ ok: false, message: `${server.url} answered ${status}` })
})

test('a URL that answers never, or not at all, is not well', async () => {
  let url: string
  {
    await using server = await served(() => undefined)
    url = server.url
    expect(await checkHealth(probe(url, 100), { env: {}, signal: NEVER })).toEqual({
      ok: false,
      message: `${url} did not answer within 0.1 s`,
    })
  }
  expect(await checkHealth(probe(url), { env: {}, signal: NEVER })).toEqual({
    ok: false,
    message: `${url} failed with ECONNREFUSED`,
  })
})

/** One that has ended may be there until its parent has noticed. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
