/** `shoal-peer get`: fetch and install one release, then seed it for a while. */
import { join, resolve } from 'node:path'
import {
  addExamples,
  createLog,
  createOutput,
  createProgress,
  formatBytes,
  shutdownSignal,
  usageError,
  type Output,
  type Progress,
} from '@shoal/cli'
import { InvalidArgumentError, type Command } from 'commander'
import { readAddresses, readSite, readTarget, readTrustedRoot } from '../config/index.ts'
import { PEER_EVENTS } from '../events.ts'
import { openInstallRoot } from '../install-root.ts'
import { loadIdentity } from '../network/index.ts'
import { pause } from '../pause.ts'
import { startPeer, type Peer } from '../peer.ts'
import { askForPolicy, decideGet } from '../rollout/index.ts'
import { askTrackerForPolicy } from '../tracker.ts'
import type { Rates } from '../traffic/index.ts'
import { update, type UpdateOptions, type UpdateResult } from '../update.ts'
import { addLimitFlags } from './limit-flags.ts'
import { summaryFields, summaryText } from './summary.ts'

interface GetFlags extends Omit<Rates, 'origin'> {
  root?: string
  origin: string | false | undefined
  originRate?: number
  originDelay: number
  background?: boolean
  out: string
  platform: string
  site: string
  allowRedirect: string[]
  peer: string[]
  tracker: string[]
  bootstrap: string[]
  listen: string[]
  announce: string[]
  linger: number
  timeout: number
  settle: number
  mdns: boolean
  dht: boolean
  lane: boolean
  lanePort: number
  serviceTag?: string
  stateDir?: string
  logLevel: string
  json?: boolean
}

export function addGetCommand(program: Command): void {
  const collect = (value: string, before: string[]): string[] => [...before, value]
  const command = program
    .command('get')
    .description('fetch and install a release once, then seed it for a while')
    .argument('<target>', 'PRODUCT@CHANNEL, or PRODUCT@CHANNEL:VERSION')
    .option(
      '--root <file>',
      "the fleet's root.json: what is trusted (default: the one that enroll wrote to --state-dir)",
    )
    .requiredOption('--out <dir>', 'install root; DIR/current becomes the tree')
    .option('--origin <url>', 'HTTP origin, for what no neighbour has')
    .option('--no-origin', 'never ask an origin')
    .option(
      '--origin-delay <seconds>',
      'ask the origin for content only after neighbours delivered nothing for so long',
      seconds,
      0,
    )
    .option('--allow-redirect <url>', 'another origin that it may redirect to (repeatable)', collect, [])
    .option('--platform <name>', 'platform of the release', 'any')
    .option('--site <name>', 'site of this machine; without one, private addresses count as one site', '')
    .option('--peer <multiaddr>', 'a neighbour to begin with (repeatable)', collect, [])
    .option('--tracker <multiaddr>', 'a tracker to ask for neighbours (repeatable)', collect, [])
    .option('--bootstrap <multiaddr>', 'a DHT node to begin with (repeatable)', collect, [])
    .option('--listen <multiaddr>', 'where neighbours can reach this peer (repeatable)', collect, [])
    .option('--announce <multiaddr>', 'a public address to tell others (repeatable)', collect, [])
    .option('--background', 'what goes between sites yields to everything else on the line')
    .option('--linger <seconds>', 'go on seeding for so long after the install', seconds, 0)
    .option('--timeout <seconds>', 'give up after so long without any progress', seconds, 60)
    .option('--settle <seconds>', 'look for neighbours so long before the origin is asked', seconds, 1)
    .option('--no-mdns', 'do not look for neighbours on the LAN')
    .option('--no-dht', 'do not look for neighbours in the DHT')
    .option('--lane-port <port>', 'where bulk comes over TLS sockets beside libp2p; 0 is any port', portNumber, 0)
    .option('--no-lane', 'move everything over libp2p')
    .option('--service-tag <tag>', 'mDNS service tag instead of the one of the fleet')
    .option('--state-dir <dir>', 'identity and verified metadata (default: OUT/.shoal)')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent', 'warn')
    .option('--json', 'NDJSON on stdout; the last line is summary or error')
  addLimitFlags(command, '--origin-rate').action((target: string, flags: GetFlags) =>
    get(target, flags, program.opts<{ quiet?: boolean }>().quiet ?? false),
  )
  addExamples(command, [
    [
      'install the newest release, from neighbours first',
      'shoal-peer get game@stable --root root.json --origin https://cdn.example/ --out /srv/game',
    ],
    [
      'only from neighbours, and seed for ten minutes',
      'shoal-peer get game@stable --root root.json --no-origin --out /srv/game --linger 600',
    ],
    [
      'take only what nobody else on the line wants, and from the origin no more than 2 MB/s after a minute without neighbours',
      'shoal-peer get game@stable --root root.json --origin https://cdn.example/ --out /srv/game --background --origin-rate 2MB/s --origin-delay 60',
    ],
    [
      'a certain version',
      'shoal-peer get game@stable:4.7.1 --root root.json --origin https://cdn.example/ --out /srv/game',
    ],
  ])
}

async function get(text: string, flags: GetFlags, quiet: boolean): Promise<void> {
  const output = createOutput({ json: flags.json, quiet })
  const target = readTarget(text, flags.platform)
  const out = resolve(flags.out)
  const stateDir = resolve(flags.stateDir ?? join(out, '.shoal'))
  const log = createLog(PEER_EVENTS, { level: flags.logLevel, name: 'shoal-peer' })
  const origin = flags.origin === false ? undefined : flags.origin
  const config = {
    root: await readTrustedRoot(flags.root, stateDir),
    listen: readAddresses(flags.listen.length > 0 ? flags.listen : ['/ip4/0.0.0.0/tcp/0'], '--listen', false),
    announce: readAddresses(flags.announce, '--announce', false),
    site: readSite(flags.site),
    role: 'device' as const,
    origin,
    originRedirects: flags.allowRedirect,
    limits: {
      rates: { ...pickRates(flags), origin: flags.originRate },
      windows: [],
      background: flags.background === true,
    },
    given: readAddresses(flags.peer, '--peer', true),
    trackers: readAddresses(flags.tracker, '--tracker', true),
    bootstrap: readAddresses(flags.bootstrap, '--bootstrap', true),
    mdns: flags.mdns,
    dht: flags.dht,
    lanePort: flags.lane ? flags.lanePort : undefined,
    ...(flags.serviceTag === undefined ? {} : { serviceTag: flags.serviceTag }),
    onEvent: log,
  }
  if (
    origin === undefined &&
    !flags.mdns &&
    config.given.length + config.trackers.length + config.bootstrap.length === 0
  ) {
    throw usageError('there is no source to ask', 'give --origin, --peer, --tracker or --bootstrap, or leave mDNS on')
  }
  const identity = await loadIdentity(join(stateDir, 'identity.key'))
  await using peer = await startPeer({ ...config, identity, stateDir })
  const ended = peer.membership?.ended ?? new AbortController().signal
  const signal = AbortSignal.any([shutdownSignal(), ended])
  await using root = await openInstallRoot(peer, out, target)
  output.record('listening', { peerId: peer.id, addresses: peer.node.getMultiaddrs().map(String) })
  const progress = createProgress(output, 'fetch')
  const options: UpdateOptions = {
    giveUpMs: flags.timeout * 1000,
    settleMs: flags.settle * 1000,
    originDelayMs: flags.originDelay * 1000,
    signal,
    onPhase: (phase, fields) => output.record('phase', { phase, ...fields }),
    onProgress: (state) => showProgress(output, progress, peer, state),
  }
  const result = await update(peer, root, options, async (offered) => {
    if (offered.isStaged) await askForPolicy(peer, askTrackerForPolicy(peer), { widely: true, signal })
    return decideGet(target, offered, peer.trust.policy(), peer.trust.now(), await root.current())
  }).catch((error: unknown) => {
    ended.throwIfAborted()
    throw error
  })
  output.record('installed', summaryFields(peer, target, result))
  if (flags.linger > 0) {
    output.note(summaryText(target, out, result))
    output.note(`seeding for ${flags.linger} s; stop with Ctrl-C`)
    await pause(flags.linger * 1000, signal)
    ended.throwIfAborted()
  }
  output.summary(summaryFields(peer, target, result), finalText(peer, flags, target, out, result))
}

function showProgress(
  output: Output,
  progress: Progress,
  peer: Peer,
  state: Parameters<UpdateOptions['onProgress']>[0],
): void {
  const { doneBytes, rate, account, waiting } = state
  const { bytes } = account
  output.record('progress', {
    doneBytes,
    totalBytes: bytes.total,
    rate,
    bytes,
    waiting,
    neighbours: peer.neighbours.list().length,
  })
  const share = (part: number): string => `${Math.round((part / Math.max(1, bytes.total)) * 100)}%`
  progress.update({
    done: doneBytes,
    total: bytes.total,
    text: `${formatBytes(rate)}/s  lan ${share(bytes.lanPeers)} wan ${share(bytes.wanPeers)} origin ${share(bytes.origin)}`,
  })
  if (doneBytes === bytes.total) progress.end(formatBytes(bytes.total))
}

function finalText(
  peer: Peer,
  flags: GetFlags,
  target: Parameters<typeof summaryText>[0],
  out: string,
  result: UpdateResult,
): string {
  if (flags.linger > 0) return `sent ${formatBytes(peer.neighbours.sentBytes)} to neighbours`
  return summaryText(target, out, result)
}

function pickRates(flags: Omit<Rates, 'origin'>): Rates {
  const { uploadWan, downloadWan, uploadLan, downloadLan } = flags
  return { uploadWan, downloadWan, uploadLan, downloadLan }
}

function seconds(text: string): number {
  const value = Number(text)
  if (!Number.isFinite(value) || value < 0 || text.trim() === '')
    throw new InvalidArgumentError('give a number of seconds')
  return value
}

function portNumber(text: string): number {
  const value = Number(text)
  if (!/^\d{1,5}$/.test(text) || value > 65_535) throw new InvalidArgumentError('give a port, 0 to 65535')
  return value
}
