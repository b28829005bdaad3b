/** A private fleet of real processes: an origin, a tracker that lets members in, and machines that are enrolled with tokens. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseTrustedRoot, verifyCredential } from '@shoal/release'
import { enrol, newIdentity, parseToken } from '@shoal/tracker/client'
import { openGround, type Ground } from '../constellation/ground.ts'
import { startPeer, type Peer, type PeerOptions } from '../constellation/peer.ts'
import type { Exit, Program } from '../constellation/process.ts'
import { noise } from './sample-tree.ts'

export const TARGET = 'game@stable'
const [PRODUCT = '', CHANNEL = ''] = TARGET.split('@')
const RELEASE_BYTES = 3_000_000
const TIMEOUT_MS = 30_000

export interface PrivateFleet extends AsyncDisposable {
  readonly ground: Ground
  readonly repository: string
  /** Folder of the origin, and where it is served. */
  readonly originDir: string
  readonly origin: string
  readonly trackerState: string
  /** Multiaddrs of the tracker; the same after a restart. */
  readonly trackers: readonly string[]
  publish(version: string, sizeBytes?: number): Promise<{ release: string }>
  token(...flags: string[]): Promise<string>
  /** Fails with what the program said, when it is refused. */
  enroll(name: string, token: string): Promise<Enrolled>
  /** The same without a process: the peer id that the token has made a member. */
  turnIn(token: string, identity?: Identity): Promise<string>
  /** Enrols a machine and starts its daemon. */
  startMember(name: string, flags?: readonly string[], options?: Partial<PeerOptions>): Promise<Peer>
  stateDirOf(name: string): string
  killTracker(): Promise<Exit>
  startTracker(): Promise<void>
  /** A command beside the running tracker. */
  office<T extends object>(...args: string[]): Promise<T>
}

export type Identity = Awaited<ReturnType<typeof newIdentity>>

export interface Enrolled {
  peerId: string
  fleet: string
  site: string
  role: string
  expires: string
}

export async function openPrivateFleet(): Promise<PrivateFleet> {
  await using stack = new AsyncDisposableStack()
  const ground = stack.use(await openGround())
  const repository = join(ground.dir, 'repository')
  const originDir = join(ground.dir, 'origin')
  const trackerState = join(ground.dir, 'tracker')
  const root = join(repository, 'root.json')
  const init = ['init', '--repo', repository, '--product', PRODUCT, '--channel', CHANNEL, '--private', '--json']
  await ground.run('seeder', 'init', init)
  const serve = ['serve', '--origin', originDir, '--listen', '127.0.0.1:0', '--json']
  let listen = '/ip4/127.0.0.1/tcp/0'
  let trackers: readonly string[] = []
  let tracker: Program<{ listening: { addresses: string[] } }>
  let names = 0
  /** By the flags that they were made with. */
  const tokens = new Map<string, Promise<string>>()

  async function startTracker(): Promise<void> {
    const key = ['--enrolment-key', join(repository, 'keys', 'enrolment.pem'), '--state-dir', trackerState]
    const where = ['--listen', listen, '--http', '127.0.0.1:0', '--json']
    tracker = ground.start('tracker', 'tracker', ['run', '--root', root, ...key, ...where])
    trackers = (await tracker.until('listening', { timeoutMs: TIMEOUT_MS })).addresses
    listen = trackers[0]?.replace(/\/p2p\/.*/, '') ?? listen
  }

  const stateDirOf = (name: string): string => join(ground.dir, 'peers', name, 'state')
  const office = <T extends object>(...[command = '', ...args]: string[]): Promise<T> =>
    ground.run<T>('tracker', `${command}-${names++}`, [command, ...args, '--state-dir', trackerState, '--json'])
  const token = async (...flags: string[]): Promise<string> =>
    (await office<{ token: string }>('enroll-token', ...flags)).token
  const enroll = (name: string, given: string): Promise<Enrolled> =>
    ground.run('peer', `enroll-${name}-${names++}`, ['enroll', given, '--state-dir', stateDirOf(name), '--json'])

  const publish = async (version: string, sizeBytes = RELEASE_BYTES): Promise<{ release: string }> => {
    const source = join(ground.dir, `tree-${version}`)
    await mkdir(source)
    await writeFile(join(source, 'game.bin'), noise(version, sizeBytes))
    const what = ['--product', PRODUCT, '--channel', CHANNEL, '--version', version]
    return ground.run('seeder', `publish-${version}`, [
      'publish',
      source,
      ...what,
      '--repo',
      repository,
      '--origin',
      originDir,
      '--json',
    ])
  }
  await Promise.all([startTracker(), publish('1.0.0')])
  const server = ground.start<{ listening: { url: string } }>('seeder', 'origin', serve)
  const { url: origin } = await server.until('listening', { timeoutMs: TIMEOUT_MS })
  const kept = stack.move()
  return {
    ground,
    repository,
    originDir,
    origin,
    trackerState,
    get trackers() {
      return trackers
    },
    publish,
    token,
    enroll,
    async startMember(name, flags = [], options = {}) {
      const shared = tokens.get(flags.join(' ')) ?? token(...flags, '--uses', '100')
      tokens.set(flags.join(' '), shared)
      await enroll(name, await shared)
      return startPeer(ground, { name, target: TARGET, root: join(stateDirOf(name), 'root.json'), ...options })
    },
    async turnIn(given, identity) {
      const key = identity ?? (await newIdentity())
      const { credential, root } = await enrol(parseToken(given), key, AbortSignal.timeout(TIMEOUT_MS))
      return verifyCredential(credential, parseTrustedRoot(root).enrolmentKeys ?? []).peer
    },
    stateDirOf,
    killTracker: () => tracker.kill('SIGKILL'),
    startTracker,
    office,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
