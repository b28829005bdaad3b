import { generateKeyPairSync } from 'node:crypto'
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { mortal } from '@shoal/cli/fixture/mortal'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeRoot } from './fixture/root.ts'

const MAIN = fileURLToPath(new URL('../bin/shoal-tracker.js', import.meta.url))

let folder: string
let root: string
let privateRoot: string
let otherKey: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shoal-tracker-'))
  root = join(folder, 'root.json')
  await writeFile(root, encodeRoot())
  privateRoot = join(folder, 'private.json')
  await writeFile(privateRoot, encodeRoot([new Uint8Array(32).fill(3)]))
  otherKey = join(folder, 'other.pem')
  await writeFile(otherKey, generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }))
})
afterAll(() => rm(folder, { recursive: true }))

function start(...args: string[]): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(...mortal(process.execPath, [MAIN, ...args]), { stdio: ['ignore', 'pipe', 'pipe'] })
}

async function finish(...args: string[]): Promise<{ code: unknown; out: string; err: string }> {
  const child = start(...args)
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code, out, err }
}

describe('shoal-tracker run', () => {
  it('says where it listens, serves, and ends cleanly on SIGTERM', async () => {
    const listen = ['--listen', '/ip4/127.0.0.1/tcp/0', '--http', '127.0.0.1:0']
    const child = start('run', '--root', root, '--identity', join(folder, 'key'), ...listen, '--json')
    const [[line], errors] = await Promise.all([
      once(createInterface(child.stdout), 'line') as Promise<[string]>,
      Promise.race([once(child.stderr, 'data').then(String), once(child, 'close').then(() => text(child.stderr))]),
    ])
    const record = JSON.parse(line) as { v: number; type: string; peerId: string; addresses: string[]; http: string }
    expect(record, errors).toMatchObject({ v: 1, type: 'listening' })
    expect(record.addresses[0]).toMatch(new RegExp(`^/ip4/127.0.0.1/tcp/\\d+/p2p/${record.peerId}$`))
    expect((await fetch(`${record.http}/readyz`)).status).toBe(200)
    child.kill('SIGTERM')
    expect((await once(child, 'exit')) as unknown[]).toEqual([0, null])
  })

  it.each([
    ['without a root', [], 2, /CONFIG_INVALID.*--root/],
    ['with a root that is missing', ['--root', '/nonexistent/root.json'], 6, /NOT_FOUND/],
    ['with a root that is no root', ['--root', MAIN], 5, /root\.json/],
    ['with an address that is none', ['--listen', 'localhost:7071'], 2, /localhost:7071.*not a multiaddr/],
    ['with an HTTP address that is none', ['--http', 'here'], 2, /HOST:PORT/],
    ['with an unknown flag', ['--bogus'], 2, /bogus/],
  ])('explains itself %s', async (_name, args, exit, message) => {
    const given = args.includes('--root') || args.length === 0 ? args : ['--root', root, ...args]
    const { code, err } = await finish('run', ...given)
    expect(err).toMatch(message)
    expect(err).toContain('fix:')
    expect(code).toBe(exit)
  })

  it.each([
    ['without the key that lets members in', ['--root', '$private'], 2, /CONFIG_INVALID.*private/],
    [
      'with a key that root.json does not name',
      ['--root', '$private', '--enrolment-key', '$key'],
      7,
      /KEY_INVALID.*does not name/,
    ],
    ['with a key that is none', ['--root', '$private', '--enrolment-key', '$root'], 7, /KEY_INVALID.*cannot be read/],
    ['with a key although the fleet is open', ['--root', '$root', '--enrolment-key', '$key'], 2, /NOT_PRIVATE.*open/],
  ])('explains itself in a private fleet %s', async (_name, args, exit, message) => {
    const given = args.map((arg) =>
      arg.replace('$private', privateRoot).replace('$root', root).replace('$key', otherKey),
    )
    const stateDir = args.includes('--enrolment-key') ? ['--state-dir', join(folder, 'state')] : []
    const { code, err } = await finish('run', ...given, ...stateDir)
    expect(err).toMatch(message)
    expect(code).toBe(exit)
  })

  it.each([['enroll-token'], ['members'], ['revoke', `12D3KooW${'A'.repeat(44)}`]])(
    'has a command %s that says where no tracker has run',
    async (...command) => {
      const { code, err } = await finish(...command, '--state-dir', join(folder, 'nowhere'))
      expect(err).toMatch(/NOT_FOUND.*nowhere/)
      expect(code).toBe(6)
    },
  )

  it('shows examples in its help', async () => {
    const { code, out } = await finish('run', '--help')
    expect(code).toBe(0)
    expect(out).toContain('Examples:')
  })
})
