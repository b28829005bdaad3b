/** Puts together what follows one target: where it goes, what decides and what is told of it. */
import { join, resolve } from 'node:path'
import type { DeviceFacts } from '@shoal/release'
import { AGENT_VERSION } from '@shoal/tracker/client'
import type { Cache } from '../cache/index.ts'
import type { Config } from '../config/index.ts'
import { openInstallRoot } from '../install-root.ts'
import { loadIdentity } from '../network/index.ts'
import type { Peer } from '../peer.ts'
import { startReports, type Reports, type SendReports } from '../reports/index.ts'
import { Course, createCacheRounds, createRounds, openRecord, type Rounds, type Step } from '../rollout/index.ts'
import { nodeDisk } from '../store/index.ts'
import { askTrackerForPolicy, sendToTracker } from '../tracker.ts'
import type { Followed } from './roles.ts'

/** Undefined for a cache, and where there is no way to report to a tracker. */
export async function startReporting(peer: Peer, config: Config): Promise<Reports | undefined> {
  const ways = waysToReport(peer, config)
  if (config.role === 'cache' || ways.length === 0) return undefined
  const stateDir = resolve(config.stateDir)
  return startReports({
    stateDir,
    identity: await loadIdentity(join(stateDir, 'identity.key')),
    words: () => {
      const { id: device, ...facts } = deviceFacts(peer, config)
      return { fleet: peer.root.fleet, device, ...facts, agent: AGENT_VERSION }
    },
    ways,
    onEvent: (event, fields) => peer.onEvent(event, fields),
  })
}

/** Trackers in their order, and then the broker; or the broker alone. */
function waysToReport(peer: Peer, { mqtt }: Config): SendReports[] {
  const { broker } = peer
  const direct = peer.trackers.map((tracker) => sendToTracker(peer, tracker))
  if (broker === undefined) return direct
  const byBroker: SendReports = (reports, signal) => broker.sendReports(reports, { signal })
  return mqtt?.reports === 'always' ? [byBroker] : [...direct, byBroker]
}

interface Deps {
  config: Config
  cache: Cache | undefined
  reports: Reports | undefined
  onStep: (step: Step) => void
}

export async function openFollowed(
  peer: Peer,
  { target, out, hooks, health, soakSeconds }: Followed,
  { config, cache, reports, onStep }: Deps,
): Promise<{ rounds: Rounds } & AsyncDisposable> {
  const askTracker = askTrackerForPolicy(peer)
  if (cache !== undefined) {
    const destination = cache.destination(target)
    const rounds = createCacheRounds(peer, destination, askTracker)
    return { rounds, [Symbol.asyncDispose]: () => destination[Symbol.asyncDispose]() }
  }
  await using stack = new AsyncDisposableStack()
  const destination = stack.use(await openInstallRoot(peer, out, target))
  const { product, channel, platform } = target
  const course = new Course({
    destination,
    file: await openRecord(out, nodeDisk, (file) => peer.onEvent('record-damaged', { file })),
    hooks,
    health,
    now: () => peer.trust.now().getTime(),
    tell: async (told) => {
      await reports?.tell({ product, channel, platform, ...told })
    },
    onStep,
  })
  const rounds = createRounds(peer, destination, course, {
    device: () => deviceFacts(peer, config),
    soakSeconds,
    askTracker,
  })
  const kept = stack.move()
  return { rounds, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

/** In a private fleet the credential says where a machine belongs. */
function deviceFacts({ id, site, membership }: Peer, { group, labels }: Config): DeviceFacts {
  return { id, site, group: membership?.membership.credential.group ?? group, labels }
}
