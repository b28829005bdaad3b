import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openGround, type Ground, type ProgramName } from '../constellation/ground.ts'
import { startOrigin, type Origin } from '../constellation/origin.ts'
import type { PeerRecords } from '../constellation/peer-records.ts'
import { runToEnd, type Ended } from './run-to-end.ts'

const TARGET = 'tool@stable'
const ADDRESS = '/ip4/127.0.0.1/tcp/9/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA'

let stack: AsyncDisposableStack
let ground: Ground
let origin: Origin
/** host:port that somebody listens on. */
let taken: AddressInfo

beforeAll(async () => {
  stack = new AsyncDisposableStack()
  ground = stack.use(await openGround())
  await mkdir(join(ground.dir, 'tree'))
  await writeFile(join(ground.dir, 'tree', 'file'), 'content\n')
  origin = await startOrigin(ground, { product: 'tool', channel: 'stable' })
  await origin.publish('1.0', join(ground.dir, 'tree'))
  await makeFleets()
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(() => void server.close())
  taken = server.address() as AddressInfo
})
afterAll(() => stack.disposeAsync())

/** A root that was changed after it was signed, a repository whose keys need a passphrase, and a private fleet. */
async function makeFleets(): Promise<void> {
  const root = await readFile(origin.root, 'utf8')
  await writeFile(
    join(ground.dir, 'forged.json'),
    root.replace('"version": 1', '"version": 2').replace('"version":1', '"version":2'),
  )
  const passphrase = join(ground.dir, 'passphrase')
  await writeFile(passphrase, 'not told\n')
  const init = ['init', '--product', 'tool', '--channel', 'stable', '--json']
  const at = (name: string): string[] => ['--repo', join(ground.dir, name)]
  await ground.run('seeder', 'init-locked', [...init, ...at('locked'), '--passphrase-file', passphrase])
  await ground.run('seeder', 'init-private', [...init, ...at('private'), '--private'])
}

/** `$x` in an argument stands for what is only known once the tests run. */
function fill(args: readonly string[]): string[] {
  const known: Record<string, string> = {
    $folder: ground.dir,
    $root: origin.root,
    $repo: origin.repository,
    $origin: origin.url,
    $store: origin.dir,
    $port: `${taken.port}`,
    $out: join(ground.dir, 'out', randomUUID()),
  }
  return args.map((text) => text.replace(/\$[a-z]+/g, (name) => known[name] ?? name))
}

function expectRefusal({ code: status, last }: Ended, code: string, exit: number, fix: RegExp): void {
  expect(last).toEqual({
    v: 1,
    type: 'error',
    code,
    exit,
    message: expect.any(String),
    fix: expect.stringMatching(fix),
  })
  expect(status).toBe(exit)
}

const GET = ['get', TARGET, '--root', '$root', '--out', '$out', '--no-mdns', '--listen', '/ip4/127.0.0.1/tcp/0']
const PUBLISH = [
  ...['publish', '$folder/tree', '--product', 'tool', '--channel', 'stable'],
  ...['--repo', '$repo', '--origin', '$store'],
]
const TRACK = ['run', '--root', '$root', '--listen', '/ip4/127.0.0.1/tcp/0', '--http', '127.0.0.1:0']

type Case = [name: string, args: readonly string[], code: string, exit: number, fix: RegExp]

const PEER: Case[] = [
  ['a version with a slash', replaced(GET, TARGET, 'tool@stable:1/2'), 'USAGE', 2, /PRODUCT@CHANNEL/],
  ['a product that leaves its folder', replaced(GET, TARGET, '../tool@stable'), 'USAGE', 2, /PRODUCT@CHANNEL/],
  ['a root that does not exist', replaced(GET, '$root', '$folder/none'), 'NOT_FOUND', 6, /check the path/],
  ['a root that is something else', replaced(GET, '$root', '$folder/tree/file'), 'ROOT_INVALID', 2, /root\.json/],
  ['a root that was changed', replaced(GET, '$root', '$folder/forged.json'), 'ROOT_INVALID', 2, /root\.json/],
  [
    'a private fleet that it is no member of',
    [...replaced(GET, '$root', '$folder/private/root.json'), '--origin', '$origin'],
    'NOT_ENROLLED',
    7,
    /enroll-token/,
  ],
  ['a token that is none', ['enroll', 'shoal1.x', '--state-dir', '$folder/enrol'], 'TOKEN_INVALID', 2, /shoal1\./],
  ['an origin that is no URL', [...GET, '--origin', 'not a url'], 'CONFIG_INVALID', 2, /http/],
  ['an origin of another scheme', [...GET, '--origin', 'ftp://127.0.0.1/'], 'CONFIG_INVALID', 2, /http/],
  [
    'an origin that nobody serves',
    [...GET, '--origin', 'http://127.0.0.1:1/'],
    'ORIGIN_UNREACHABLE',
    1,
    /check the URL/,
  ],
  [
    'a product that nobody published',
    [...replaced(GET, TARGET, 'none@stable'), '--origin', '$origin'],
    'NOT_FOUND',
    6,
    /check/,
  ],
  [
    'a version that nobody published',
    [...replaced(GET, TARGET, `${TARGET}:9`), '--origin', '$origin'],
    'NOT_FOUND',
    6,
    /check/,
  ],
  ['a neighbour that is no address', [...GET, '--peer', 'here:70'], 'USAGE', 2, /ip4/],
  ['a neighbour without its id', [...GET, '--peer', '/ip4/127.0.0.1/tcp/70'], 'USAGE', 2, /p2p/],
  ['no source at all', [...GET, '--no-origin'], 'USAGE', 2, /--origin/],
  [
    'neighbours that never answer',
    [...GET, '--no-origin', '--peer', ADDRESS, '--timeout', '1'],
    'TIMEOUT',
    9,
    /--timeout/,
  ],
  [
    'a port in use',
    [...GET, '--origin', '$origin', '--listen', '/ip4/127.0.0.1/tcp/$port'],
    'LISTEN_FAILED',
    1,
    /listen/,
  ],
  [
    'an install root that is a file',
    [...replaced(GET, '$out', '$folder/tree/file'), '--origin', '$origin'],
    'NOT_A_FOLDER',
    1,
    /check/,
  ],
  ['a timeout that is no number', [...GET, '--timeout', 'soon'], 'USAGE', 2, /--help/],
  ['an unknown option', [...GET, '--timout', '1'], 'USAGE', 2, /--timeout/],
  ['an unknown command', ['gte', TARGET], 'USAGE', 2, /get/],
  ['status without a daemon', ['status', '--state-dir', '$folder/state'], 'DAEMON_UNREACHABLE', 10, /shoal-peer run/],
  ['a configuration that does not exist', ['run', '--config', '$folder/none.yaml'], 'NOT_FOUND', 6, /check the path/],
]

const SEEDER: Case[] = [
  ['a version with a slash', [...PUBLISH, '--version', '1/2'], 'NAME_INVALID', 2, /name/],
  [
    'a folder that does not exist',
    [...replaced(PUBLISH, '$folder/tree', '$folder/none'), '--version', '2'],
    'SOURCE_MISSING',
    6,
    /path/,
  ],
  [
    'a file where a folder belongs',
    [...replaced(PUBLISH, '$folder/tree', '$folder/tree/file'), '--version', '2'],
    'SOURCE_MISSING',
    6,
    /path/,
  ],
  [
    'a repository that does not exist',
    [...replaced(PUBLISH, '$repo', '$folder/none'), '--version', '2'],
    'REPOSITORY_MISSING',
    6,
    /init/,
  ],
  [
    'no product',
    PUBLISH.filter((word) => word !== '--product' && word !== 'tool').concat('--version', '2'),
    'PRODUCT_MISMATCH',
    2,
    /--product/,
  ],
  [
    'an origin that is not supported yet',
    [...replaced(PUBLISH, '$store', 's3://bucket'), '--version', '2'],
    'ORIGIN_UNSUPPORTED',
    2,
    /folder/,
  ],
  [
    'keys that need a passphrase',
    [...replaced(replaced(PUBLISH, '$repo', '$folder/locked'), '$store', '$folder/locked-origin'), '--version', '2'],
    'KEY_UNREACHABLE',
    7,
    /SHOAL_PASSPHRASE/,
  ],
  [
    'an origin of another fleet',
    [...replaced(PUBLISH, '$repo', '$folder/private'), '--version', '2'],
    'ORIGIN_FOREIGN',
    5,
    /origin/,
  ],
  ['a role that is not there', ['rotate', '--repo', '$repo', '--role', 'rel-none-stable'], 'ROLE_MISSING', 6, /verify/],
  [
    'a key that no role has',
    ['revoke', '--repo', '$repo', '--role', 'timestamp', '--key', '00'],
    'KEY_UNKNOWN',
    6,
    /verify/,
  ],
  ['nothing to sign', ['sign', '--repo', '$repo', '--role', 'targets'], 'PENDING_MISSING', 6, /--role/],
  ['a repository that is there already', ['init', '--repo', '$repo'], 'REPOSITORY_EXISTS', 1, /use it/],
  ['an origin to serve that does not exist', ['serve', '--origin', '$folder/none'], 'ORIGIN_MISSING', 6, /--origin/],
  ['a port in use', ['serve', '--origin', '$store', '--listen', '127.0.0.1:$port'], 'LISTEN_FAILED', 1, /--listen/],
  ['a port that is none', ['serve', '--origin', '$store', '--listen', 'here'], 'USAGE', 2, /127\.0\.0\.1:8080/],
]

const TRACKER: Case[] = [
  ['a root that does not exist', replaced(TRACK, '$root', '$folder/none'), 'NOT_FOUND', 6, /check the path/],
  ['an address that is none', replaced(TRACK, '/ip4/127.0.0.1/tcp/0', 'here'), 'CONFIG_INVALID', 2, /ip4/],
  ['a port in use', replaced(TRACK, '/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/$port'), 'LISTEN_FAILED', 1, /port/],
  ['an HTTP port in use', replaced(TRACK, '127.0.0.1:0', '127.0.0.1:$port'), 'LISTEN_FAILED', 1, /port|--http/],
]

function check(program: ProgramName): (...[_name, args, code, exit, fix]: Case) => Promise<void> {
  return async (_name, args, code, exit, fix) =>
    expectRefusal(await runToEnd(ground, program, [...fill(args), '--json']), code, exit, fix)
}

describe.concurrent('shoal-peer explains', () => {
  it.each(PEER)('%s', check('peer'))
})

// One after another: they share a repository, which one publish at a time may use.
describe('shoal-seeder explains', () => {
  it.each(SEEDER)('%s', check('seeder'))
})

describe.concurrent('shoal-tracker explains', () => {
  it.each(TRACKER)('%s', check('tracker'))
})

describe.concurrent('a configuration with an unknown key', () => {
  it('names the key that was meant, for the peer', async () => {
    const file = join(ground.dir, 'peer.yaml')
    await writeFile(file, `root: ${origin.root}\nfollow: [{ target: ${TARGET}, out: /nonexistent }]\npolSeconds: 5\n`)
    expectRefusal(
      await runToEnd(ground, 'peer', ['run', '--config', file, '--json']),
      'CONFIG_INVALID',
      2,
      /'pollSeconds'/,
    )
  })

  it('names the key that was meant, for the tracker', async () => {
    const file = join(ground.dir, 'tracker.yaml')
    await writeFile(file, `root: ${origin.root}\nlistn: [/ip4/127.0.0.1/tcp/0]\n`)
    expectRefusal(
      await runToEnd(ground, 'tracker', ['run', '--config', file, '--json']),
      'CONFIG_INVALID',
      2,
      /'listen'/,
    )
  })
})

describe.concurrent('an identity that is damaged', () => {
  it.each<[ProgramName, string]>([
    ['peer', 'peer-key/.shoal/identity.key'],
    ['tracker', 'tracker.key'],
  ])('stops the %s and is left as it is', async (program, file) => {
    const key = join(ground.dir, file)
    await mkdir(join(key, '..'), { recursive: true })
    await writeFile(key, 'not a key', { mode: 0o600 })
    const args =
      program === 'peer'
        ? [...replaced(GET, '$out', '$folder/peer-key'), '--origin', '$origin']
        : [...TRACK, '--identity', key]
    expectRefusal(await runToEnd(ground, program, [...fill(args), '--json']), 'IDENTITY_INVALID', 1, /./)
    expect(await readFile(key, 'utf8')).toBe('not a key')
  })
})

it('a version that was published never changes', async () => {
  await mkdir(join(ground.dir, 'other'))
  await writeFile(join(ground.dir, 'other', 'file'), 'other content\n')
  const again = await runToEnd(ground, 'seeder', fill([...PUBLISH, '--version', '1.0', '--json']))
  expect(again.code).toBe(0)
  expect(again.last).toMatchObject({ type: 'summary', alreadyPublished: true })
  const other = fill([...replaced(PUBLISH, '$folder/tree', '$folder/other'), '--version', '1.0', '--json'])
  expectRefusal(await runToEnd(ground, 'seeder', other), 'VERSION_CONFLICT', 8, /--version/)
})

it('an interrupted wait for neighbours ends with 130', async () => {
  const waiting = ground.start<PeerRecords>(
    'peer',
    'waiting',
    fill([...GET, '--no-origin', '--peer', ADDRESS, '--json']),
  )
  await waiting.until('listening', { timeoutMs: 30_000 })
  const { code } = await waiting.kill('SIGINT')
  expect(waiting.latest('error')).toMatchObject({ code: 'INTERRUPTED', exit: 130 })
  expect(code).toBe(130)
})

it('an install root belongs to one process at a time', async () => {
  const get = fill([...replaced(GET, '$out', '$folder/locked'), '--origin', '$origin', '--json'])
  await using holder = ground.start<PeerRecords>('peer', 'holder', [...get, '--linger', '60'])
  await holder.until('listening', { timeoutMs: 30_000 })
  const second = await runToEnd(ground, 'peer', get)
  expectRefusal(second, 'STORE_LOCKED', 1, /stop the other process/)
  expect(second.last['message']).toContain(`process ${holder.pid}`)
})

function replaced(args: readonly string[], from: string, to: string): string[] {
  return args.map((text) => (text === from ? to : text))
}
