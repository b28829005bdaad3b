/** kill -9 while metadata is committed, over and over: the peer starts again and never takes what is older than it had. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { seededRandom } from '../e2e/random.ts'
import { announce, latest, newShelf, pathOf, publish, putRole, ROLE, versionOf } from './attacks/shelf.ts'
import { KEYS } from './author.ts'

const WORKER = fileURLToPath(new URL('refresh-worker.ts', import.meta.url))
const KILLS = 50
const SEED = 7
/** With it a child starts in about half the time. */
const COMPILE_CACHE = fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url))

const shelf = newShelf()
/** By the counter of the release that it leads to. */
const timestamps = new Map<number, Uint8Array>()
let folder: string
let root: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shoal-crash-'))
  root = join(folder, 'root.json')
  await writeFile(root, shelf.get('tuf/1.root.json') ?? '')
  publish(shelf, '1.0')
  moveOn()
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A new release under a new snapshot and timestamp, in the place of the one before. */
function moveOn(): void {
  const role = latest(shelf, ROLE)
  const version = versionOf(role) + 1
  const [target] = Object.values(role['targets'] as Record<string, { custom: object }>)
  const next = { ...target, custom: { ...target?.custom, counter: version } }
  putRole(shelf, ROLE, { ...role, version, targets: { [pathOf('1.0')]: next as never } }, KEYS.release)
  announce(shelf)
  timestamps.set(version, shelf.get('tuf/timestamp.json') ?? new Uint8Array())
}

/** An origin at which every look for the timestamp finds a newer one; or with `frozen`, always that one. */
async function serve(frozen?: () => Uint8Array | undefined): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').slice(1)
    const isTimestamp = path === 'tuf/timestamp.json'
    if (isTimestamp && frozen === undefined) moveOn()
    const bytes = (isTimestamp ? frozen?.() : undefined) ?? shelf.get(path)
    response.writeHead(bytes === undefined ? 404 : 200).end(bytes)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Life {
  /** What it had when it started, with an old mirror before it. */
  had: number
  /** The last that it has said to have kept. */
  kept: number
  killedBefore: string
}

/** @param death the operation of the disk before which it kills itself, or after how many refreshes it is killed from outside, and how long then */
async function live(
  state: string,
  urls: [old: string, moving: string],
  death: { operation: number } | { refreshes: number; afterMs: number },
): Promise<Life> {
  const killAt = 'operation' in death ? [String(death.operation)] : []
  const child = spawn(process.execPath, [WORKER, state, root, ...urls, ...killAt], {
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'close')
  const said: string[] = []
  child.stderr.on('data', (bytes: Buffer) => said.push(bytes.toString()))
  const life: Life = { had: 0, kept: 0, killedBefore: 'any moment' }
  let refreshes = 0
  for await (const line of createInterface(child.stdout)) {
    const [word, rest] = [line.slice(0, line.indexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]
    if (word === 'killed') life.killedBefore = rest
    if (word === 'had') life.had = Number(rest)
    if (word === 'kept') life.kept = Number(rest)
    if (word === 'kept' && 'refreshes' in death && ++refreshes === death.refreshes)
      setTimeout(() => child.kill('SIGKILL'), death.afterMs)
  }
  const [, signal] = (await ended) as [number | null, NodeJS.Signals | null]
  expect(signal, said.join('')).toBe('SIGKILL')
  return life
}

/**
 * One machine, killed so many times: three in five before an operation of the disk, each time a later one, the others at any moment.
 * Of two machines the first takes the odd operations and the second the even ones.
 */
async function killAgainAndAgain(machine: 0 | 1, kills: number, killedBefore: string[]): Promise<void> {
  const random = seededRandom(SEED + machine)
  let operation = 1 + machine
  let acknowledged = 2
  await using moving = await serve()
  await using old = await serve(() => timestamps.get(acknowledged - 1))
  for (let kill = 0; kill < kills; kill++) {
    const death = kill % 5 < 3 ? { operation } : { refreshes: 1 + Math.floor(random() * 3), afterMs: random() * 20 }
    if ('operation' in death) operation += 2
    const life = await live(join(folder, String(machine)), [old.url, moving.url], death)
    if (kill > 0) expect(life.had).toBeGreaterThanOrEqual(acknowledged)
    acknowledged = Math.max(acknowledged, life.had, life.kept)
    killedBefore.push(life.killedBefore)
  }
}

it('fifty kills in the middle of a commit are survived, and nothing older is taken after any of them', async () => {
  const killedBefore: string[] = []
  await Promise.all(([0, 1] as const).map((machine) => killAgainAndAgain(machine, KILLS / 2, killedBefore)))
  expect(killedBefore).toHaveLength(KILLS)
  // Each kind of step of the commit was the last one at least once.
  for (const step of ['open', 'write', 'sync', 'rename', 'any moment']) expect(killedBefore).toContain(step)
}, 120_000)
