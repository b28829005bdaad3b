import { createHmac, randomBytes } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FLEET } from '../fixture/root.ts'
import { LIMITS } from '../limits.ts'
import { openSqliteStore } from '../store/sqlite/open.ts'
import type { NewAuditEntry, Store, WebhookState } from '../store/store.ts'
import { messageOf, TEST_ACTION, wants } from './message.ts'
import type { Outcome } from './post.ts'
import { afterAttempt } from './progress.ts'
import { startWebhooks, type Webhooks } from './service.ts'
import { readWebhooks, webhooksShape, type WebhookConfig } from './settings.ts'

const SECRET = randomBytes(32)
const ENTRY: NewAuditEntry = { atMs: 1_000, by: 'ada', action: 'rollout.halted', subject: 'game-2', text: 'halted' }

interface Told {
  headers: IncomingHttpHeaders
  body: string
  data: { id: number; text: string }
}

let stack: AsyncDisposableStack
let folder: string
beforeEach(async () => {
  stack = new AsyncDisposableStack()
  folder = await mkdtemp(join(tmpdir(), 'shoal-webhook-'))
  stack.defer(() => rm(folder, { recursive: true }))
})
afterEach(() => stack.disposeAsync())

/** Somebody who listens, and answers as it is told to: by default with what 200 says. */
async function startReceiver(tls?: ServerOptions) {
  const told: Told[] = []
  const answers: ((response: ServerResponse) => void)[] = []
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const body = Buffer.concat(pieces).toString()
      told.push({ headers: request.headers, body, ...(JSON.parse(body) as { data: Told['data'] }) })
      const answer = answers.shift() ?? ((ok: ServerResponse) => ok.writeHead(200).end('thanks'))
      answer(response)
    })
  }
  const server = tls === undefined ? createServer(onRequest) : createTlsServer(tls, onRequest)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = new URL(`http${tls === undefined ? '' : 's'}://127.0.0.1:${(server.address() as AddressInfo).port}/hook`)
  return { url, told, answers, texts: () => told.map(({ data }) => data.text) }
}

async function openStore(): Promise<Store> {
  return stack.use(await openSqliteStore(join(folder, 'tracker.db')))
}

function hook(url: URL, change: Partial<WebhookConfig> = {}): WebhookConfig {
  return { name: 'chat', url, secrets: [SECRET], events: ['rollout.*'], ...change }
}

/** A tracker that tells, and what came of each attempt. */
async function start(store: Store, hooks: WebhookConfig[], { holder = 'a', now = Date.now } = {}) {
  const outcomes: (Outcome & { dead: boolean })[] = []
  const failures: unknown[] = []
  const webhooks: Webhooks = stack.use(
    await startWebhooks(hooks, {
      ...{ fleet: FLEET, holder, store, now, random: () => 0 },
      onAttempt: (_name, outcome, { isDead }) => outcomes.push({ ...outcome, dead: isDead }),
      onFailure: (error) => failures.push(error),
    }),
  )
  return {
    outcomes,
    failures,
    webhooks,
    async note(...texts: string[]): Promise<void> {
      for (const text of texts) await store.addAudit({ ...ENTRY, text })
      webhooks.ring()
    },
  }
}

describe('webhooks', () => {
  it('are told in order what they want, signed so that a few lines verify it', async () => {
    const [store, receiver] = [await openStore(), await startReceiver()]
    const it = await start(store, [hook(receiver.url)])
    await store.addAudit({ ...ENTRY, action: 'token.create', text: 'not wanted' })
    await it.note('one', 'two')
    await expect.poll(receiver.texts).toEqual(['one', 'two'])
    const [{ headers, body } = { headers: {} as IncomingHttpHeaders, body: '' }] = receiver.told
    const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`
    expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', SECRET).update(signed).digest('base64')}`)
    expect(JSON.parse(body)).toMatchObject({
      ...{ type: 'rollout.halted', timestamp: '1970-01-01T00:00:01.000Z' },
      data: { fleet: FLEET, by: 'ada', subject: 'game-2', text: 'one' },
    })
    await expect.poll(() => store.webhooks()).toMatchObject([{ name: 'chat', pending: 0, failures: 0, isDead: false }])
    expect(it.failures).toEqual([])
  })

  it('are known by the authority that the configuration names, and by no other', async () => {
    const store = await openStore()
    const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem'), '-days', '1']
    const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', ...files]
    const names = ['-subj', '/CN=chat', '-addext', 'subjectAltName=IP:127.0.0.1']
    execFileSync('openssl', ['req', '-x509', ...made, ...names], { stdio: 'ignore' })
    const [key, cert] = await Promise.all(['key.pem', 'cert.pem'].map((file) => readFile(join(folder, file))))
    const receiver = await startReceiver({ key, cert })
    await writeFile(join(folder, 'secret'), `whsec_${SECRET.toString('base64')}`)
    const settings = { url: String(receiver.url), secretFile: join(folder, 'secret') }
    const hooks = await readWebhooks(
      webhooksShape.parse([
        { ...settings, name: 'known', caFile: join(folder, 'cert.pem') },
        { ...settings, name: 'unknown' },
      ]),
    )
    const it = await start(store, hooks)
    await it.note('one')
    await expect.poll(receiver.texts).toEqual(['one'])
    await expect
      .poll(() => store.webhooks())
      .toMatchObject([
        { name: 'known', pending: 0 },
        { name: 'unknown', pending: 1, problem: expect.stringContaining('give caFile') },
      ])
  })

  it('that fail, redirect or break off are told again later, in the same order and with the same id', async () => {
    const [store, receiver] = [await openStore(), await startReceiver()]
    let nowMs = Date.now()
    receiver.answers.push(
      (response) => response.writeHead(500).end(),
      (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/elsewhere' }).end(),
      (response) => response.destroy(),
      (response) => response.writeHead(429, { 'retry-after': '60' }).end(),
    )
    const it = await start(store, [hook(receiver.url)], { now: () => nowMs })
    await it.note('one', 'two')
    for (const attempts of [1, 2, 3, 4]) {
      await expect.poll(() => it.outcomes.length).toBe(attempts)
      await expect.poll(() => store.webhooks()).toMatchObject([{ failures: attempts }])
      const [{ nextMs } = { nextMs: 0 }] = await store.webhooks()
      expect(nextMs).toBeGreaterThan(nowMs)
      if (attempts === 4) expect(nextMs).toBe(nowMs + 60_000)
      nowMs = nextMs
      it.webhooks.ring()
    }
    await expect.poll(receiver.texts).toEqual(['one', 'one', 'one', 'one', 'one', 'two'])
    expect(new Set(receiver.told.slice(0, 5).map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect(it.outcomes.slice(0, 4)).toMatchObject([
      { is: 'failed', problem: 'status 500' },
      { is: 'failed', problem: 'status 302: redirects are not followed, correct the url' },
      { is: 'failed', problem: expect.stringContaining('no connection') as string },
      { is: 'failed', problem: 'status 429' },
    ])
  })

  it('that say 410 are left alone until somebody resends', async () => {
    const [store, receiver] = [await openStore(), await startReceiver()]
    receiver.answers.push((response) => response.writeHead(410).end())
    const it = await start(store, [hook(receiver.url)])
    await it.note('one')
    await expect.poll(() => store.webhooks()).toMatchObject([{ isDead: true, pending: 1 }])
    await it.note('two')
    await store.resetWebhook('chat')
    it.webhooks.ring()
    await expect.poll(receiver.texts).toEqual(['one', 'one', 'two'])
  })

  it('go on where a tracker that stopped in the middle was, at another one on the same store', async () => {
    const [store, receiver] = [await openStore(), await startReceiver()]
    const held = Promise.withResolvers<ServerResponse>()
    receiver.answers.push((ok) => ok.writeHead(200).end(), held.resolve)
    const first = await start(store, [hook(receiver.url)])
    await first.note('one', 'two', 'three')
    await held.promise
    await first.webhooks[Symbol.asyncDispose]()
    await start(store, [hook(receiver.url)], { holder: 'b' })
    await expect.poll(receiver.texts).toEqual(['one', 'two', 'two', 'three'])
  })

  it('of a tracker that was killed are told by another one when its time is over', async () => {
    const [store, receiver] = [await openStore(), await startReceiver()]
    await store.keepWebhooks(['chat'], 0)
    await store.addAudit({ ...ENTRY, text: 'one' })
    await store.claimWebhook('chat', 'killed', Date.now(), Date.now() + LIMITS.webhookLeaseMs)
    let nowMs = Date.now()
    const it = await start(store, [hook(receiver.url)], { now: () => nowMs })
    expect(it.outcomes).toEqual([])
    nowMs += LIMITS.webhookLeaseMs + 1_000
    it.webhooks.ring()
    await expect.poll(receiver.texts).toEqual(['one'])
  })

  it('do not wait for each other', async () => {
    const [store, slow, quick] = [await openStore(), await startReceiver(), await startReceiver()]
    slow.answers.push(() => undefined)
    const it = await start(store, [hook(slow.url, { name: 'slow' }), hook(quick.url, { name: 'quick' })])
    await it.note('one')
    await expect.poll(quick.texts).toEqual(['one'])
    await it.note('two')
    await expect.poll(quick.texts).toEqual(['one', 'two'])
    expect(slow.texts()).toEqual(['one'])
  })
})

it('a test goes to the one that it names, whatever that wants', () => {
  const test = { ...ENTRY, id: 1, action: TEST_ACTION, subject: 'chat' }
  expect(wants({ name: 'chat', events: ['metadata.*'] }, test)).toBe(true)
  expect(wants({ name: 'ops', events: ['webhook.*'] }, test)).toBe(false)
  expect(wants({ name: 'ops', events: ['rollout.halted'] }, { ...ENTRY, id: 1 })).toBe(true)
  expect(wants({ name: 'ops', events: ['rollout.paused'] }, { ...ENTRY, id: 1 })).toBe(false)
})

it('while a secret is replaced, either of them verifies', () => {
  const secrets = [SECRET, randomBytes(32)]
  const { headers } = messageOf(FLEET, { ...ENTRY, id: 7 }, { secrets }, 5_000)
  expect(headers['webhook-signature']?.split(' ')).toHaveLength(2)
  expect(headers['webhook-timestamp']).toBe('5')
})

it('pauses grow to a bound, and three days of failures are the end', () => {
  const fresh: WebhookState = { cursor: 4, failures: 0, nextMs: 0, isDead: false }
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (times, chance) => {
      let [state, nowMs] = [fresh, 0]
      for (let nth = 0; nth < times; nth++) {
        state = afterAttempt(state, { is: 'failed', problem: 'no' }, { entry: 5, nowMs, random: () => chance })
        const pauseMs = state.nextMs - nowMs
        expect(pauseMs).toBeGreaterThanOrEqual(LIMITS.webhookBackoffMinMs / 2)
        expect(pauseMs).toBeLessThanOrEqual(LIMITS.webhookBackoffMaxMs)
        expect(state.cursor).toBe(4)
        nowMs = state.nextMs
      }
    }),
  )
  const failing = { ...fresh, failures: 9, failingSinceMs: 0 }
  const about = { entry: 5, nowMs: LIMITS.webhookGiveUpMs, random: () => 0 }
  expect(afterAttempt(failing, { is: 'failed', problem: 'no' }, about).isDead).toBe(true)
  expect(afterAttempt(failing, { is: 'delivered' }, about)).toMatchObject({ cursor: 5, failures: 0, isDead: false })
})

describe('the configuration of webhooks', () => {
  async function read(change: object, secret = `whsec_${SECRET.toString('base64')}\n`): Promise<WebhookConfig[]> {
    const secretFile = join(folder, 'secret')
    await writeFile(secretFile, secret)
    return readWebhooks(webhooksShape.parse([{ name: 'chat', url: 'https://chat.example/1', secretFile, ...change }]))
  }

  it('is an address, a file with a secret, and what is wanted', async () => {
    expect(await read({})).toMatchObject([{ name: 'chat', secrets: [SECRET], events: ['rollout.*', 'metadata.*'] }])
    expect(await read({ url: 'http://127.0.0.1:80/x' })).toHaveLength(1)
    expect(await read({ url: 'http://chat.example/x', allowHttp: true })).toHaveLength(1)
  })

  it('is refused with what to do about it', async () => {
    await expect(read({ url: 'http://chat.example/x' })).rejects.toThrow('would go in the clear')
    await expect(read({ url: 'https://me:secret@chat.example/x' })).rejects.toThrow('has a password in it')
    await expect(read({}, 'secret')).rejects.toThrow('holds no secret')
    await expect(read({}, `whsec_${'A'.repeat(5_000)}`)).rejects.toThrow('holds no secret')
    for (const change of [
      { name: 'No Such' },
      { url: 'ftp://x' },
      { events: ['*'] },
      { events: ['rollout.halt'] },
      { events: [] },
      { more: 1 },
    ]) {
      await expect(read(change)).rejects.toThrow()
    }
    const twice = { name: 'a', url: 'https://x.example', secretFile: 's' }
    expect(webhooksShape.safeParse([twice, twice]).success).toBe(false)
  })
})
