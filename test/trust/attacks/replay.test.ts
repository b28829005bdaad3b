/** What somebody signed once is said again: by others, or for others. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { followNews } from '@shoal/tracker/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPeer } from '../../constellation/peer.ts'
import { openPrivateFleet, TARGET } from '../../e2e/private-fleet.ts'
import { startOriginProxy } from '../../faults/origin-proxy.ts'
import { FLEET } from '../author.ts'
import { startLyingPeer } from './lying-peer.ts'
import { openScene, type Scene } from './scene.ts'
import { publish, type Shelf } from './shelf.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene[Symbol.asyncDispose]())

const INSTALL = { timeoutMs: 30_000 }

describe('replayed announcement', () => {
  it('of an old release makes nobody look for it; that of a new one is looked into once', async () => {
    const shelf = new Map(scene.honest)
    await using proxy = await startOriginProxy(await scene.serve(shelf))
    const looks = (): number => proxy.requests.filter(({ path }) => path.endsWith('/timestamp.json')).length
    await using attacker = await startLyingPeer(scene.old)
    const daemon = { mode: 'run', pollSeconds: 3_600, origin: proxy.url, peers: [attacker.address] } as const
    const peer = await scene.start('announced-to', daemon)
    await peer.until('installed', INSTALL)

    using news = followNews(attacker.node, {
      fleet: FLEET,
      weigh: { timestamp: () => 'known' },
      onUnreadable: () => undefined,
    })
    await expect.poll(() => subscribers(attacker.node), { timeout: INSTALL.timeoutMs }).toContain(peer.peerId)
    const tell = (from: Shelf): void => news.tell('timestamp', from.get('tuf/timestamp.json') ?? new Uint8Array())
    tell(scene.old)
    tell(scene.honest)
    publish(shelf, '3.0')
    tell(shelf)
    await peer.until('installed', { ...INSTALL, where: ({ version }) => version === '3.0' })
    expect(looks()).toBe(2)
    await peer.kill('SIGTERM')
  })
})

function subscribers(node: { services: Record<string, unknown> }): string[] {
  const gossip = node.services['gossip'] as {
    getTopics(): string[]
    getSubscribers(topic: string): { toString(): string }[]
  }
  return gossip.getTopics().flatMap((topic) => gossip.getSubscribers(topic).map(String))
}

describe('replayed credential or token', () => {
  it('makes nobody a member of a private fleet who was not let in', async () => {
    await using fleet = await openPrivateFleet()
    const token = await fleet.token()
    await fleet.enroll('member', token)
    await expect(fleet.enroll('replayer', token)).rejects.toThrow('ENROLMENT_REFUSED')

    await fleet.enroll('other', await fleet.token())
    const stolen = await readFile(join(fleet.stateDirOf('member'), 'membership.json'))
    await writeFile(join(fleet.stateDirOf('other'), 'membership.json'), stolen)
    const root = join(fleet.stateDirOf('other'), 'root.json')
    const started = startPeer(fleet.ground, { name: 'other', target: TARGET, root, origin: fleet.origin })
    await expect(started).rejects.toThrow('NOT_ENROLLED')
  })
})
