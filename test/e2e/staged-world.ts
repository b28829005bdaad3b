/** A fleet with a staged channel: an origin, a tracker that decides, and what is needed to tell it what to do. */
import { readFileSync } from 'node:fs'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf, newToken } from '../../packages/tracker/src/api/token.ts'
import { openConfiguredStore } from '../../packages/tracker/src/program/store.ts'
import { openGround, type Ground } from '../constellation/ground.ts'
import { startOrigin, type Origin } from '../constellation/origin.ts'
import { startPeer, type Peer } from '../constellation/peer.ts'
import type { Exit, Program } from '../constellation/process.ts'

const TOOL = { product: 'tool', channel: 'stable' }

interface TrackerRecords {
  listening: { peerId: string; addresses: string[]; http: string }
}

export interface RolloutView {
  rollout: { state: string; reason?: string; openedAtMs: number[] }
  rings: { name: string; began: number; healthy: number; failed: number; returned: number }[]
}

export interface DeviceView {
  installs: { version: string; state: string; installed?: string }[]
  checkup?: { checks: { check: string; verdict: string; text: string }[] }
}

export interface SiteView {
  site: string
  bytes: { lanPeers: number; wanPeers: number; cache: number; origin: number }
  flows: { sites: { site: string; bytes: number }[]; further: number; origin: number }
}

export interface StagedWorld extends AsyncDisposable {
  readonly ground: Ground
  readonly origin: Origin
  /** Multiaddrs of the tracker, the same after a restart; and where it keeps what it knows. */
  readonly trackers: readonly string[]
  readonly trackerState: string
  /** A tree that says which version it is; one that is bad is found out by every device. */
  publish(version: string, isBad?: boolean): Promise<void>
  startDevice(name: string, labels: Record<string, string>, follow?: object): Promise<Peer>
  createRollout(version: string, plan: object): Promise<string>
  order(id: string, order: object): Promise<RolloutView>
  rollout(id: string): Promise<RolloutView>
  device(id: string): Promise<DeviceView>
  sites(): Promise<SiteView[]>
  /** Ends it with SIGKILL and starts it again at the same place. */
  restartTracker(): Promise<void>
  killTracker(): Promise<Exit>
}

export async function startStagedWorld(target: { product: string; channel: string } = TOOL): Promise<StagedWorld> {
  await using stack = new AsyncDisposableStack()
  const ground = stack.use(await openGround())
  const origin = await startOrigin(ground, target)
  const where = ['--repo', origin.repository, '--origin', origin.dir, '--json']
  const add = ['--channel', target.channel, '--product', target.product]
  await ground.run('seeder', 'channel', ['channel', ...add, ...where])
  await ground.run('seeder', 'stage', ['stage', `${target.product}@${target.channel}`, ...where])
  const stateDir = join(ground.dir, 'tracker')
  const token = newToken()
  await addToken(stateDir, token)
  let { program, addresses, http } = await startTracker('/ip4/127.0.0.1/tcp/0')

  async function startTracker(
    listen: string,
  ): Promise<{ program: Program<TrackerRecords> } & TrackerRecords['listening']> {
    const key = join(origin.repository, 'keys', 'policy.pem')
    const args = ['--root', origin.root, '--state-dir', stateDir, '--policy-key', key, '--policy-out', origin.dir]
    const at = ['--listen', listen, '--http', '127.0.0.1:0', '--log-level', 'warn', '--json']
    const started = ground.start<TrackerRecords>('tracker', 'tracker', ['run', ...args, ...at])
    return { program: started, ...(await started.until('listening', { timeoutMs: 60_000 })) }
  }

  async function ask(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
    const answer = await fetch(`${http}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    })
    const document: unknown = await answer.json()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(document)}`)
    return document
  }

  const kept = stack.move()
  return {
    ground,
    origin,
    get trackers() {
      return addresses
    },
    trackerState: stateDir,
    async publish(version, isBad = false) {
      const folder = join(ground.dir, 'builds', version)
      await mkdir(folder, { recursive: true })
      await cp(join(import.meta.dirname, '..', 'constellation'), join(folder, 'lib'), { recursive: true })
      await writeFile(join(folder, 'version'), version)
      if (isBad) await writeFile(join(folder, 'broken'), '')
      await origin.publish(version, folder)
    },
    startDevice: (name, labels, follow = {}) =>
      startPeer(ground, {
        ...{ name, target: `${target.product}@${target.channel}`, root: origin.root, origin: origin.url },
        trackers: addresses,
        pollSeconds: 3_600,
        newsJitterSeconds: 0,
        config: {
          labels,
          follow: [
            {
              target: `${target.product}@${target.channel}`,
              out: join(ground.dir, 'peers', name, 'out'),
              activate: ['/bin/sh', '-c', 'echo "$SHOAL_PREVIOUS > $SHOAL_VERSION" >> "$SHOAL_OUT/../activations"'],
              health: {
                command: ['/bin/sh', '-c', 'test ! -e "$SHOAL_OUT/current/broken"'],
                intervalSeconds: 0.5,
                failures: 2,
              },
              ...follow,
            },
          ],
        },
      }),
    async createRollout(version, plan) {
      const { rollout } = (await ask('POST', '/rollouts', { ...target, version, ...plan })) as {
        rollout: { id: string }
      }
      return rollout.id
    },
    order: (id, order) => ask('POST', `/rollouts/${id}/orders`, order) as Promise<RolloutView>,
    rollout: (id) => ask('GET', `/rollouts/${id}`) as Promise<RolloutView>,
    device: (id) => ask('GET', `/devices/${id}`) as Promise<DeviceView>,
    sites: async () => ((await ask('GET', '/sites')) as { rows: SiteView[] }).rows,
    async restartTracker() {
      await program.kill('SIGKILL')
      ;({ program, addresses, http } = await startTracker(addresses[0]?.replace(/\/p2p\/.*/, '') ?? ''))
    },
    killTracker: () => program.kill('SIGKILL'),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** What each flip on a device went from and to. */
export function activations({ out }: Peer): string[] {
  return readFileSync(join(out, '..', 'activations'), 'utf8')
    .trim()
    .split('\n')
}

async function addToken(stateDir: string, token: string): Promise<void> {
  const digest = digestOf(token)
  await using store = await openConfiguredStore({ stateDir })
  if (digest === undefined || store === undefined) throw new Error('there is nowhere to keep a token')
  await store.addToken(
    { id: 'test', name: 'test', role: 'publisher', createdMs: Date.now(), createdBy: 'test' },
    digest,
  )
}
