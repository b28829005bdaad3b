import { spawn, type ChildProcess } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { mortal } from '@shoal/cli/fixture/mortal'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { encodeRoot } from '../fixture/root.ts'

const MAIN = fileURLToPath(new URL('../../bin/shoal-tracker.js', import.meta.url))

let folder: string
let state: string
let tracker: ChildProcess
let api: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shoal-commands-'))
  state = join(folder, 'state')
  await writeFile(join(folder, 'root.json'), encodeRoot())
  const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
  await writeFile(join(folder, 'policy.pem'), key, { mode: 0o600 })
  const where = [
    '--listen',
    '/ip4/127.0.0.1/tcp/0',
    '--http',
    '127.0.0.1:0',
    '--state-dir',
    state,
    '--log-level',
    'warn',
  ]
  const keys = ['--root', join(folder, 'root.json'), '--policy-key', join(folder, 'policy.pem')]
  const child = spawn(...mortal(process.execPath, [MAIN, 'run', ...where, ...keys, '--json']), {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  tracker = child
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  api = (JSON.parse(line) as { http: string }).http
})
afterAll(async () => {
  if (tracker.exitCode === null) {
    tracker.kill('SIGTERM')
    await once(tracker, 'exit')
  }
  await rm(folder, { recursive: true })
})

async function run(args: string[], token?: string): Promise<{ code: unknown; out: string; err: string }> {
  const env = { ...process.env, SHOAL_TRACKER_API: api, ...(token === undefined ? {} : { SHOAL_TRACKER_TOKEN: token }) }
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code, out: out.trim(), err }
}

async function newToken(name: string, role: string): Promise<string> {
  const { out, code } = await run(['token', 'create', name, '--role', role, '--state-dir', state])
  expect(code).toBe(0)
  return out
}

it('makes a token, begins a rollout with it, watches, changes and ends it, and forgets the token', async () => {
  const token = await newToken('ci', 'publisher')
  const rings = ['--ring', 'canary=group=canary', '--ring', 'all']
  const created = await run(['rollout', 'create', 'game@stable:2.0', '--id', 'game-2', ...rings, '--json'], token)
  expect(created).toMatchObject({ code: 0, err: '' })
  expect(JSON.parse(created.out)).toMatchObject({
    v: 1,
    type: 'document',
    rollout: { state: 'running', createdBy: 'ci' },
  })

  const beside = await run(['rollout', 'create', 'game@stable:2.1'], token)
  expect(beside).toMatchObject({ code: 4, err: expect.stringContaining('under way') })
  const paused = await run(['rollout', 'pause', 'game-2', '--reason', 'lunch'], token)
  expect(paused).toMatchObject({ code: 0, out: expect.stringMatching(/^game-2\ngame 2\.0 {2}PAUSED {2}ring [01]\/2/) })
  const shown = await run(['rollout', 'show', 'game-2'], token)
  expect(shown.out).toMatch(/lunch\nRING +TARGET +BEGAN/)
  expect(await run(['rollout', 'halt', 'game-2'], token)).toMatchObject({
    code: 0,
    out: expect.stringContaining('HALTED'),
  })
  expect((await run(['rollout', 'list'], token)).out).toMatch(/game-2 +game@stable +2\.0 +halted/)
  expect((await run(['devices', 'list'], token)).out).toBe('no device is like that')

  expect((await run(['token', 'list', '--state-dir', state])).out).toMatch(/ci +publisher +good/)
  expect(await run(['token', 'revoke', 'ci', '--state-dir', state])).toMatchObject({ code: 0 })
  expect(await run(['rollout', 'list'], token)).toMatchObject({
    code: 7,
    err: expect.stringContaining('UNAUTHENTICATED'),
  })
})

it('says what is wrong, and what to do, with an exit code for each', async () => {
  const token = await newToken('ada', 'operator')
  const each: [args: string[], token: string | undefined, code: number, words: RegExp][] = [
    [['rollout', 'list'], undefined, 7, /token create/],
    [['rollout', 'create', 'game@stable:2.0'], token, 7, /FORBIDDEN.*publisher/],
    [['rollout', 'create', 'game@stable'], token, 2, /no version/],
    [['rollout', 'create', 'game@stable:2.0', '--ring', 'a=color=red'], token, 2, /canary=group=canary/],
    [['rollout', 'show', 'none'], token, 6, /NOT_FOUND.*none/],
    [['devices', 'show', 'me'], token, 2, /peer id/],
    [['devices', 'list', '--api', 'http://127.0.0.1:2'], token, 10, /UNREACHABLE.*ECONNREFUSED/],
    [['devices', 'list', '--api', 'here'], token, 2, /--api https:/],
    [['token', 'create', 'ada', '--state-dir', state], undefined, 4, /already/],
    [['token', 'list', '--state-dir', join(folder, 'nowhere')], undefined, 6, /nowhere/],
  ]
  const answers = await Promise.all(each.map(([args, own]) => run(args, own)))
  for (const [at, { code, err }] of answers.entries()) {
    expect(err).toMatch(each[at]?.[3] ?? /^$/)
    expect(err).toContain('fix:')
    expect([each[at]?.[0], code]).toEqual([each[at]?.[0], each[at]?.[2]])
  }
})
