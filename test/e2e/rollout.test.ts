// A tracker that decides and three devices that follow: one is a canary, the others are everybody else.
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Peer } from '../constellation/peer.ts'
import { activations, startStagedWorld, type StagedWorld } from './staged-world.ts'

const SLOW_MS = 90_000
const TEST_MS = 240_000
const RINGS = [{ name: 'canary', match: { labels: { ring: ['canary'] } } }, { name: 'all' }]
const QUICK = {
  ...{ rings: RINGS, spreadSeconds: 0, soakSeconds: 1, timeoutSeconds: 600 },
  gate: { soakSeconds: 0, failureCount: 1 },
}

let world: StagedWorld
let canary: Peer
let others: Peer[]

beforeAll(async () => {
  world = await startStagedWorld()
  await world.publish('1.0')
  const [first, ...rest] = await Promise.all([
    world.startDevice('canary', { ring: 'canary' }),
    world.startDevice('other-1', {}),
    world.startDevice('other-2', {}),
  ])
  canary = first
  others = rest
}, TEST_MS)

afterAll(() => world[Symbol.asyncDispose]())

it(
  'nobody installs what no rollout offers; then ring after ring does, and everybody tells how it went',
  async () => {
    await Promise.all([canary, ...others].map((peer) => waitsFor(peer, 'no-policy')))
    const id = await world.createRollout('1.0', QUICK)
    await Promise.all(others.map((peer) => waitsFor(peer, 'ring-closed')))
    await Promise.all([canary, ...others].map((peer) => reached(peer, 'healthy', '1.0')))
    await expect.poll(() => stateOf(id), { timeout: SLOW_MS }).toBe('completed')
    const { rings } = await world.rollout(id)
    expect(rings).toMatchObject([
      { name: 'canary', began: 1, healthy: 1, failed: 0 },
      { name: 'all', began: 2, healthy: 2, failed: 0 },
    ])
    for (const peer of [canary, ...others]) expect(activations(peer)).toEqual(['> 1.0'])
  },
  TEST_MS,
)

it(
  'the tracker knows from where every byte came, and what the doctor of a device finds when somebody asks',
  async () => {
    const [site] = await world.sites()
    const { lanPeers = 0, wanPeers = 0, cache = 0, origin = 0 } = site?.bytes ?? {}
    const { sites = [], ...beyond } = site?.flows ?? {}
    expect(lanPeers + wanPeers + cache).toBeGreaterThan(0)
    expect(sites).toEqual([{ site: '', bytes: lanPeers + wanPeers + cache }])
    expect(beyond).toEqual({ further: 0, origin })

    let asked = 0
    const run = (command: string): Promise<object> =>
      world.ground.run('peer', `${command}-${++asked}`, [command, '--state-dir', canary.stateDir, '--json'])
    const found = async (check: string): Promise<object | undefined> =>
      (await world.device(canary.peerId)).checkup?.checks.find((each) => each.check === check)
    await run('doctor')
    await expect.poll(() => found('tracker'), { timeout: SLOW_MS }).toMatchObject({ verdict: 'ok' })
    expect(await found('pause')).toBeUndefined()
    await run('pause')
    await expect(run('doctor')).rejects.toThrow('exit code 3')
    await expect
      .poll(() => found('pause'), { timeout: SLOW_MS })
      .toMatchObject({ verdict: 'fail', text: expect.stringContaining('fix: shoal-peer resume') })
    await run('resume')
    expect((await world.device(canary.peerId)).installs).toMatchObject([{ installed: '1.0' }])
  },
  TEST_MS,
)

it(
  'a release that does not work halts with the canary, which goes back; nobody else is touched',
  async () => {
    await world.publish('2.0', true)
    const id = await world.createRollout('2.0', { ...QUICK, returns: true })
    await reached(canary, 'returned', '1.0')
    await expect.poll(() => stateOf(id), { timeout: SLOW_MS }).toBe('halted')
    expect(activations(canary)).toEqual(['> 1.0', '1.0 > 2.0', '2.0 > 1.0'])
    const { rings, rollout } = await world.rollout(id)
    expect(rings).toMatchObject([{ began: 1, healthy: 0, failed: 1 }, { began: 0 }])
    expect(rollout.openedAtMs).toHaveLength(1)
    for (const peer of others) {
      expect(activations(peer)).toEqual(['> 1.0'])
      expect(readFileSync(join(peer.tree, 'version'), 'utf8')).toBe('1.0')
    }
    expect(await canary.status()).toMatchObject({
      follows: [{ state: 'waiting', version: '1.0', failed: { version: '2.0', code: 'HEALTH_CHECK' } }],
      reports: { dead: 0 },
    })
  },
  TEST_MS,
)

it(
  'with the tracker killed, devices go on; when it is back, it hears of all of it',
  async () => {
    await world.publish('3.0')
    const id = await world.createRollout('3.0', { ...QUICK, soakSeconds: 5 })
    await reached(canary, 'soaking', '3.0')
    await canary.kill('SIGKILL')
    await canary.restart()
    await world.restartTracker()
    await Promise.all([canary, ...others].map((peer) => reached(peer, 'healthy', '3.0')))
    await expect.poll(() => stateOf(id), { timeout: SLOW_MS }).toBe('completed')
    const healthy = async (): Promise<number[]> => (await world.rollout(id)).rings.map((ring) => ring.healthy)
    // The last reports may still be on their way to a tracker that has only just come back.
    await expect.poll(healthy, { timeout: SLOW_MS }).toEqual([1, 2])
  },
  TEST_MS,
)

it(
  'what is to wait for a window is fetched before it, and not activated; what is taken back is gone again',
  async () => {
    await world.publish('4.0')
    const minute = new Date().getUTCHours() * 60 + new Date().getUTCMinutes()
    const window = { fromMinute: (minute + 120) % 1_440, toMinute: (minute + 180) % 1_440, zone: 'UTC' }
    const waiting = await world.createRollout('4.0', {
      ...QUICK,
      windows: [{ ...window, days: [0, 1, 2, 3, 4, 5, 6] }],
    })
    await reached(canary, 'downloaded', '4.0')
    await waitsFor(canary, 'window')
    await world.order(waiting, { do: 'halt', returns: false })
    await waitsFor(canary, 'halted')

    const id = await world.createRollout('4.0', { ...QUICK, approval: 'manual' })
    await reached(canary, 'healthy', '4.0')
    await world.order(id, { do: 'halt', returns: true })
    await reached(canary, 'returned', '3.0')
    await expect.poll(async () => (await world.rollout(id)).rings[0]?.returned, { timeout: SLOW_MS }).toBe(1)
    expect(activations(canary).slice(-2)).toEqual(['3.0 > 4.0', '4.0 > 3.0'])
    for (const peer of others) expect(activations(peer)).toEqual(['> 1.0', '1.0 > 3.0'])
  },
  TEST_MS,
)

it('a tracker whose key the fleet does not know says so, and what to do, before any device waits in vain', async () => {
  const { ground, origin, trackerState } = world
  const { privateKey } = generateKeyPairSync('ed25519')
  const key = join(ground.dir, 'another.pem')
  await writeFile(key, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const where = ['--root', origin.root, '--state-dir', `${trackerState}-2`, '--http', '127.0.0.1:0']
  const run = ['run', ...where, '--listen', '/ip4/127.0.0.1/tcp/0', '--policy-key', key, '--policy-out', origin.dir]
  await expect(ground.run('tracker', 'stranger', [...run, '--json'])).rejects.toThrow('KEY_INVALID')
})

async function stateOf(id: string): Promise<string> {
  return (await world.rollout(id)).rollout.state
}

function waitsFor(peer: Peer, reason: string): Promise<unknown> {
  return peer.until('waiting', { timeoutMs: SLOW_MS, where: (record) => record.reason === reason })
}

function reached(peer: Peer, step: string, version: string): Promise<unknown> {
  return peer.until('step', {
    timeoutMs: SLOW_MS,
    where: (record) => record.step === step && record.version === version,
  })
}
