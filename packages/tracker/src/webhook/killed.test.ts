// A tracker that is killed between, and in the middle of, what it tells.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { mortal } from '@shoal/cli/fixture/mortal'
import { expect, it } from 'vitest'
import { encodeRoot } from '../fixture/root.ts'
import { openSqliteStore } from '../store/sqlite/open.ts'

const MAIN = fileURLToPath(new URL('../../bin/shoal-tracker.js', import.meta.url))
const EVENTS = 12
/** At which request the tracker is killed before it has its answer, and at which just after. */
const KILLS = new Map([
  [3, 'before'],
  [8, 'after'],
])

it('tells each event at least once and in order, also when it is killed on the way', async () => {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'shoal-killed-'))
  stack.defer(() => rm(folder, { recursive: true }))
  const state = join(folder, 'state')
  await mkdir(state)
  {
    await using store = await openSqliteStore(join(state, 'tracker.db'))
    await store.keepWebhooks(['chat'], Date.now())
    const entry = { atMs: Date.now(), by: 'ada', action: 'rollout.paused', subject: 'game-2' }
    for (let nth = 1; nth <= EVENTS; nth += 1) await store.addAudit({ ...entry, text: String(nth) })
  }

  const told: number[] = []
  const all = Promise.withResolvers<undefined>()
  let start = (): void => undefined
  let kill = async (): Promise<void> => undefined
  const receiver = createServer((request, response) => {
    void json(request).then(async (body) => {
      const nth = Number((body as { data: { text: string } }).data.text)
      const moment = KILLS.get(told.push(nth))
      if (moment === 'after') await new Promise<void>((resolve) => response.end(resolve))
      if (moment !== undefined) {
        await kill()
        start()
      }
      response.end()
      if (nth === EVENTS) all.resolve(undefined)
    })
  })
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  stack.defer(() => {
    receiver.closeAllConnections()
    receiver.close()
  })

  await writeFile(join(folder, 'root.json'), encodeRoot())
  await writeFile(join(folder, 'secret'), `whsec_${randomBytes(32).toString('base64')}`)
  const { port } = receiver.address() as AddressInfo
  const webhook = { name: 'chat', url: `http://127.0.0.1:${port}/`, secretFile: join(folder, 'secret') }
  const config = {
    root: join(folder, 'root.json'),
    stateDir: state,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    webhooks: [webhook],
  }
  await writeFile(join(folder, 'tracker.yaml'), JSON.stringify({ ...config, http: '127.0.0.1:0', logLevel: 'error' }))
  start = () => {
    const args = [MAIN, 'run', '--config', join(folder, 'tracker.yaml')]
    const tracker = spawn(...mortal(process.execPath, args), { stdio: ['ignore', 'ignore', 'inherit'] })
    const ended = once(tracker, 'exit')
    kill = async () => {
      tracker.kill('SIGKILL')
      await ended
    }
  }
  start()
  stack.defer(() => kill())
  await all.promise

  const firsts = told.filter((nth, at) => told.indexOf(nth) === at)
  expect(firsts).toEqual(Array.from({ length: EVENTS }, (_, at) => at + 1))
  // What is told again is the one that it was killed at.
  expect(told).toEqual([...told].sort((a, b) => a - b))
  expect(told.filter((nth) => nth === 3)).toHaveLength(2)
})
