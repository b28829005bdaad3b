/** The device's clock is wrong: by an empty battery, or by somebody who answers its NTP requests. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Failure, Installed } from '../../constellation/peer-records.ts'
import { startProgram } from '../../constellation/process.ts'
import { openScene, type Scene } from './scene.ts'
import { announce, publish } from './shelf.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene[Symbol.asyncDispose]())

const DAY_MS = 86_400_000
const SKEW = fileURLToPath(new URL('skewed-clock.ts', import.meta.url))
const MAIN = fileURLToPath(new URL('../../../packages/peer/src/main.ts', import.meta.url))

/** `get` on a machine whose clock shows this time. */
async function getAt(name: string, clockMs: number, origin: string): Promise<{ summary?: Installed; error?: Failure }> {
  const out = join(scene.ground.dir, 'peers', name, 'out')
  const listen = ['--listen', '/ip4/127.0.0.1/tcp/0', '--no-mdns', '--no-dht']
  await using program = startProgram<{ summary: Installed; error: Failure }>({
    name,
    args: ['--import', SKEW, MAIN, 'get', 'demo@stable', '--root', scene.root, '--out', out, '--origin', origin, ...listen, '--json'],
    env: { ...process.env, CLOCK_SKEW_MS: String(clockMs - Date.now()) },
    logFile: join(scene.ground.logs, `${name}.log`),
  })
  await program.exited
  const [summary, error] = [program.latest('summary'), program.latest('error')]
  return { ...(summary && { summary }), ...(error && { error }) }
}

const iso = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')

describe.concurrent('clock skew', () => {
  it('into the time before this program was made does not bring back what expired', async () => {
    const shelf = new Map(scene.old)
    announce(shelf, { timestamp: { expires: '2026-06-01T00:00:00Z' } })
    const { error, summary } = await getAt('set-back', Date.UTC(2026, 0, 1), await scene.serve(shelf))
    expect(error).toMatchObject({ code: 'METADATA_EXPIRED', message: expect.stringContaining('timestamp') as string })
    expect(summary).toBeUndefined()
  })

  it('back from a time that the device has seen does not bring back what expired since', async () => {
    const nowMs = Date.now()
    const shelf = new Map(scene.honest)
    announce(shelf, { timestamp: { expires: iso(nowMs + 30 * DAY_MS) } })
    const origin = await scene.serve(shelf)
    expect((await getAt('seen', nowMs + 60 * DAY_MS, origin)).error?.code).toBe('METADATA_EXPIRED')
    expect((await getAt('seen', nowMs + 20 * DAY_MS, origin)).summary?.version).toBe('2.0')
    publish(shelf, '3.0')
    announce(shelf, { timestamp: { expires: iso(nowMs + 10 * DAY_MS) } })
    expect((await getAt('seen', nowMs, origin)).summary).toMatchObject({ version: '2.0', changed: false })
    // One that was never there believes its clock.
    expect((await getAt('unseen', nowMs, origin)).summary?.version).toBe('3.0')
  })

  it('years ahead installs nothing, and the device says what to look at', async () => {
    const { error } = await getAt('ahead', Date.UTC(2050, 0, 1), await scene.serve(scene.honest))
    expect(error).toMatchObject({
      code: 'METADATA_EXPIRED',
      message: 'metadata: root expired on 2040-01-01T00:00:00.000Z',
      fix: expect.stringContaining('check the clock') as string,
    })
  })
})
