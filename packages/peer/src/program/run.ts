/** `shoal-peer run`: the daemon. */
import { join, resolve } from 'node:path'
import { addExamples, createLog, createOutput, loadConfig, shutdownSignal } from '@shoal/cli'
import { readBroker } from '@shoal/tracker/client'
import type { Command } from 'commander'
import { openCache } from '../cache/index.ts'
import { configSchema, readAddresses, readSite, readTrustedRoot, type Config } from '../config/index.ts'
import { startControl, type PeerStatus } from '../control/index.ts'
import { gatherFacts, startCheckups, type DoctorFacts } from '../doctor/index.ts'
import { PEER_EVENTS } from '../events.ts'
import { follow } from '../follow.ts'
import { loadIdentity } from '../network/index.ts'
import { startPeer } from '../peer.ts'
import { daemonStatus } from './daemon-status.ts'
import { explainPeerError } from './explain.ts'
import { openFollowed, startReporting } from './followed.ts'
import { openMonitoring } from './monitoring.ts'
import { channelOf, tellPresent } from './present.ts'
import { cacheFolder, checkRole, readFollows } from './roles.ts'
import { summaryFields } from './summary.ts'
import { waitingText } from './waiting-text.ts'

const SETTLE_MS = 1_000

export function addRunCommand(program: Command): void {
  const command = program
    .command('run')
    .description('the daemon: follows channels, installs what is new, seeds what it has')
    .option('--config <file>', 'YAML file; every key can also be set as SHOAL_PEER_<KEY>')
    .option('--json', 'NDJSON on stdout')
    .action((flags: { config?: string; json?: boolean }) => run(flags))
  addExamples(command, [
    ['start with a file', 'shoal-peer run --config /etc/shoal/peer.yaml'],
    [
      'by a broker as well',
      'SHOAL_PEER_MQTT_URL=mqtts://broker.example.com shoal-peer run --config /etc/shoal/peer.yaml',
    ],
    ['override one key', 'SHOAL_PEER_SITE=waw-2 shoal-peer run --config /etc/shoal/peer.yaml'],
  ])
}

async function run(flags: { config?: string; json?: boolean }): Promise<void> {
  const config = loadConfig(configSchema, { file: flags.config, envPrefix: 'SHOAL_PEER_', env: process.env, flags: {} })
  const output = createOutput({ json: flags.json })
  const log = createLog(PEER_EVENTS, { level: config.logLevel, name: 'shoal-peer' })
  const startedMs = Date.now()
  const follows = readFollows(config)
  await using stack = new AsyncDisposableStack()
  const peer = stack.use(
    await startPeer({
      ...(await peerSettings(config)),
      onEvent: log,
    }),
  )
  checkRole(peer, config.role)
  const monitoring = await openMonitoring(config, () => status())
  const metrics = monitoring?.metrics
  const cache =
    config.role === 'cache' ? stack.use(await openCache(peer, cacheFolder(config), config.cacheBytes)) : undefined
  const ended = peer.membership?.ended ?? new AbortController().signal
  const signal = AbortSignal.any([shutdownSignal(), ended])
  const identified = await startReporting(peer, config)
  const reports = identified === undefined ? undefined : stack.use(identified)
  const following = follows.map((followed) => {
    const target = `${followed.target.product}@${followed.target.channel}`
    return follow(peer, {
      ...followed,
      open: (onStep) => openFollowed(peer, followed, { config, cache, reports, onStep }),
      pollMs: config.pollSeconds * 1000,
      newsJitterMs: config.newsJitterSeconds * 1000,
      settleMs: SETTLE_MS,
      originDelayMs: config.originAfterSeconds * 1000,
      signal,
      onPhase: (phase, fields) => {
        const about = { target, phase, ...fields }
        output.record('phase', about)
        log('phase', about)
      },
      onProgress: ({ account, doneBytes, rate, waiting }) => {
        const { bytes } = account
        metrics?.moved(account)
        const neighbours = peer.neighbours.list().length
        output.record('progress', { target, doneBytes, totalBytes: bytes.total, rate, bytes, waiting, neighbours })
      },
      onUpdated: (result) => {
        metrics?.installed(result.account, { isHeld: cache !== undefined })
        output.record('installed', { target, ...summaryFields(peer, followed.target, result) })
        const { release, version, account } = result
        log('installed', { target, release, version, bytes: account.bytes })
      },
      onStep: ({ step, ...fields }) => {
        metrics?.stepped(step)
        output.record('step', { target, step, ...fields })
        log(`release-${step}`, { target, ...fields })
      },
      onStay: (turn) => {
        const { reason, untilMs, ring } = turn
        const about = { target, reason, untilMs, ring, text: waitingText(turn, Date.now()) }
        output.record('waiting', about)
        log('waiting', about)
      },
      onPresent: async (version, rollout) => {
        const about = rollout === undefined ? {} : { rollout }
        await reports?.tell({ ...channelOf(followed.target), version, state: 'present', ...about })
      },
      onFailure: (error) => {
        metrics?.failed()
        const { code, message, fix } = explainPeerError(error) ?? { code: 'INTERNAL', message: String(error), fix: '' }
        output.record('failure', { target, code, message, fix })
        log('round-failed', { target, code, message, fix })
      },
    })
  })
  const status = (): PeerStatus =>
    daemonStatus(peer, { role: config.role, startedMs, follows, following, cache, reports })
  const gather = (): Promise<DoctorFacts> =>
    gatherFacts({
      peer,
      status: status(),
      mdns: config.mdns,
      folders: [resolve(config.stateDir), ...following.map((each) => each.status().out)],
    })
  const checkups =
    reports === undefined
      ? undefined
      : stack.use(
          startCheckups({
            gather,
            tell: async (checks, isNews) => {
              reports.found(checks)
              if (isNews) await tellPresent(reports, follows, following)
            },
            onFailure: (error) => log('checkup-failed', { error }),
          }),
        )
  stack.use(
    await startControl(join(resolve(config.stateDir), 'control.sock'), {
      setPaused: (paused) => peer.setPaused(paused),
      limit: ({ set, clear, background }) => {
        if (clear) peer.traffic.clear()
        peer.traffic.override(set, background)
        log('limits-changed', { set, clear, background })
      },
      reports,
      status,
      doctor: checkups === undefined ? gather : () => checkups.ask(),
    }),
  )
  const http = await monitoring?.serve()
  if (http !== undefined) stack.use(http)
  const addresses = peer.node.getMultiaddrs().map(String)
  const where = { peerId: peer.id, addresses, ...(http === undefined ? {} : { http: http.url }) }
  output.record('listening', { ...where, stateDir: resolve(config.stateDir) })
  log('listening', where)
  await Promise.all(following.map((each) => each.ended))
  ended.throwIfAborted()
  const sentBytes = peer.neighbours.sentBytes
  log('stopped', { sentBytes })
  output.summary({ peerId: peer.id, sentBytes }, 'stopped')
}

async function peerSettings(config: Config): Promise<Omit<Parameters<typeof startPeer>[0], 'onEvent'>> {
  return {
    root: await readTrustedRoot(config.root, resolve(config.stateDir)),
    stateDir: resolve(config.stateDir),
    identity: await loadIdentity(join(resolve(config.stateDir), 'identity.key')),
    listen: readAddresses(config.listen, 'listen', false),
    announce: readAddresses(config.announce, 'announce', false),
    site: readSite(config.site),
    role: config.role,
    origin: config.origin,
    originRedirects: config.originRedirects,
    originRequestsMax: config.originRequestsMax,
    limits: { rates: config.limits, windows: config.windows, background: config.mode === 'background' },
    given: readAddresses(config.peers, 'peers', true),
    trackers: readAddresses(config.trackers, 'trackers', true),
    bootstrap: readAddresses(config.bootstrap, 'bootstrap', true),
    mdns: config.mdns,
    dht: config.dht,
    lanePort: config.lane ? config.lanePort : undefined,
    ...(config.mqtt === undefined ? {} : { mqtt: await readBroker(config.mqtt) }),
    membershipMs: config.membershipSeconds * 1000,
    ...(config.serviceTag === undefined ? {} : { serviceTag: config.serviceTag }),
  }
}
