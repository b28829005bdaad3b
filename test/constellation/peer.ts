/** One peer as a process: a daemon (`run`), or a `get` that installs once and lingers. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Ground } from './ground.ts'
import type { Installed, PeerRecords, SourceBytes } from './peer-records.ts'
import { HERE, type Place } from './place.ts'
import type { Exit, Program } from './process.ts'
import type { RecordOf, WaitOptions } from './record-log.ts'

export interface PeerOptions {
  name: string
  site?: string
  /** Where it runs and listens; here unless given. */
  at?: Place
  /** `get` installs once and seeds while it lingers; `run`, the default, follows the channel. */
  mode?: 'run' | 'get'
  /** PRODUCT@CHANNEL; with `get` also PRODUCT@CHANNEL:VERSION. */
  target: string
  root: string
  /** Without one, no origin is ever asked. */
  origin?: string | undefined
  trackers?: readonly string[]
  bootstrap?: readonly string[]
  peers?: readonly string[]
  /** Off unless asked for: constellations side by side on one machine would hear each other. */
  mdns?: boolean
  serviceTag?: string
  dht?: boolean
  /** Whether bulk may go over sockets of its own beside libp2p; it may unless this is false. */
  lane?: boolean
  /** `run`: how often it looks for a new version. */
  pollSeconds?: number
  /** `run`: over how long the answers to news are spread. */
  newsJitterSeconds?: number
  /** `run`: other keys of what it follows, such as a health check; given the install root. */
  follow?: (out: string) => Readonly<Record<string, unknown>>
  /** `run`: other keys of its configuration, such as limits. */
  config?: Readonly<Record<string, unknown>>
  /** `get`: how long it seeds after the install. */
  lingerSeconds?: number
  /** `get`: how long it looks for neighbours before it asks the origin. */
  settleSeconds?: number
  /** `get`: how long it goes on without any progress. */
  timeoutSeconds?: number
}

export interface Peer {
  readonly name: string
  readonly site: string
  /** The install root, and the tree that is current in it. */
  readonly out: string
  readonly tree: string
  readonly stateDir: string
  readonly peerId: string
  readonly addresses: readonly string[]
  /** The process as it is now; another after a restart. */
  readonly program: Program<PeerRecords>
  records(): AsyncGenerator<RecordOf<PeerRecords>, void, undefined>
  until<T extends keyof PeerRecords>(type: T, options: WaitOptions<PeerRecords[T]>): Promise<PeerRecords[T]>
  /** What it last said it moved. */
  stats(): PeerStats | undefined
  kill(signal: NodeJS.Signals): Promise<Exit>
  /** Ends what is left of the process and starts it again on the same folders. */
  restart(): Promise<void>
  /** What `shoal-peer status` answers; of a daemon only. */
  status(): Promise<object>
}

export interface PeerStats {
  bytes: SourceBytes
  /** Of an install that is done. */
  installed?: Installed
}

const START_TIMEOUT_MS = 30_000

export async function startPeer(ground: Ground, options: PeerOptions): Promise<Peer> {
  const { name, mode = 'run', site = '' } = options
  const home = join(ground.dir, 'peers', name)
  const folders = { out: join(home, 'out'), stateDir: join(home, 'state') }
  await mkdir(home, { recursive: true })
  const args = mode === 'run' ? await daemonArguments(home, folders, options) : getArguments(folders.out, options)
  let program = ground.start<PeerRecords>('peer', name, args, options.at)
  let { peerId, addresses } = await program.until('listening', { timeoutMs: START_TIMEOUT_MS })
  return {
    name,
    site,
    ...folders,
    tree: join(folders.out, 'current'),
    get program() {
      return program
    },
    get peerId() {
      return peerId
    },
    get addresses() {
      return addresses
    },
    records: () => program.records(),
    until: (type, wait) => program.until(type, wait),
    stats() {
      const installed = program.latest('installed')
      const bytes = program.latest('progress')?.bytes ?? installed?.bytes
      if (bytes === undefined) return undefined
      return { bytes, ...(installed === undefined ? {} : { installed }) }
    },
    kill: (signal) => program.kill(signal),
    async restart() {
      await program.stop()
      program = ground.start('peer', name, args, options.at)
      ;({ peerId, addresses } = await program.until('listening', { timeoutMs: START_TIMEOUT_MS }))
    },
    status: () => ground.run('peer', `${name}-status`, ['status', '--state-dir', folders.stateDir, '--json']),
  }
}

async function daemonArguments(
  home: string,
  { out, stateDir }: { out: string; stateDir: string },
  options: PeerOptions,
): Promise<string[]> {
  const { root, origin, site = '', trackers = [], bootstrap = [], peers = [] } = options
  const file = join(home, 'peer.yaml')
  const config = {
    root,
    ...(origin === undefined ? {} : { origin }),
    follow: [{ target: options.target, out, ...options.follow?.(out) }],
    stateDir,
    site,
    listen: [listenAt(options)],
    trackers,
    bootstrap,
    peers,
    mdns: options.mdns ?? false,
    dht: options.dht ?? false,
    lane: options.lane ?? true,
    ...(options.serviceTag === undefined ? {} : { serviceTag: options.serviceTag }),
    pollSeconds: options.pollSeconds ?? 1,
    newsJitterSeconds: options.newsJitterSeconds ?? 1,
    logLevel: 'warn',
    ...options.config,
  }
  // JSON is YAML.
  await writeFile(file, `${JSON.stringify(config, null, 2)}\n`)
  return ['run', '--config', file, '--json']
}

function getArguments(out: string, options: PeerOptions): string[] {
  const { target, root, origin, site = '', serviceTag } = options
  const each = (flag: string, values: readonly string[] = []): string[] => values.flatMap((value) => [flag, value])
  return [
    'get',
    target,
    ...['--root', root, '--out', out, '--site', site, '--listen', listenAt(options)],
    ...(origin === undefined ? ['--no-origin'] : ['--origin', origin]),
    ...each('--peer', options.peers),
    ...each('--tracker', options.trackers),
    ...each('--bootstrap', options.bootstrap),
    ...(options.mdns === true ? [] : ['--no-mdns']),
    ...(options.dht === true ? [] : ['--no-dht']),
    ...(options.lane === false ? ['--no-lane'] : []),
    ...(serviceTag === undefined ? [] : ['--service-tag', serviceTag]),
    ...[
      '--log-level',
      'info',
      '--linger',
      String(options.lingerSeconds ?? 0),
      ...(options.settleSeconds === undefined ? [] : ['--settle', String(options.settleSeconds)]),
      '--timeout',
      String(options.timeoutSeconds ?? 60),
    ],
    '--json',
  ]
}

function listenAt({ at = HERE }: PeerOptions): string {
  return `/ip4/${at.address}/tcp/0`
}
