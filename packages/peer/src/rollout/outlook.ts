/** What a device knows about one target: what is on offer, what the policy says, what is installed; and what follows from it. */
import type { DeviceFacts, FoundRelease, ReleaseId, Turn } from '@shoal/release'
import type { Destination } from '../destination.ts'
import type { Peer } from '../peer.ts'
import { readOwnManifest } from '../store/index.ts'
import type { Offered } from '../trust/index.ts'
import { look, type UpdateOptions } from '../update.ts'
import { askForPolicy, type AskTracker } from './ask-policy.ts'
import { decideNext, isByPolicy } from './decide.ts'
import { knownRelease, type KnownRelease, type RolloutRecord } from './record.ts'

export interface OutlookConfig {
  device(): DeviceFacts
  /** Where no policy says how long a release must stay healthy. */
  soakSeconds: number
  askTracker: AskTracker
}

/** What others are asked for first: metadata and policy, the policy alone, or nothing, because what was heard of is here already. */
export type Ask = 'all' | 'policy' | 'nothing'

export interface Outlook {
  /** As it was seen last. */
  readonly offered: Offered | undefined
  see(ask: Ask, options: UpdateOptions): Promise<Offered>
  installed(): Promise<KnownRelease | undefined>
  decide(offered: Offered): Promise<Turn>
  /** Works until it is done, or until another policy leads to a turn that does not hold: then the signal aborts with Overtaken. */
  whileHolds<T>(
    offered: Offered,
    holds: (turn: Turn) => boolean,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T>
}

/** The policy wants something else now. */
export class Overtaken extends Error {}

export function createOutlook(
  peer: Peer,
  destination: Destination,
  record: () => RolloutRecord,
  config: OutlookConfig,
): Outlook {
  const { target } = destination
  let offered: Offered | undefined
  const unrecorded = new Map<ReleaseId, KnownRelease | undefined>()

  async function installed(): Promise<KnownRelease | undefined> {
    const id = await destination.current()
    if (id === undefined) return undefined
    const found = offered?.releases.find(({ release }) => release === id)
    return knownRelease(record(), id) ?? (found === undefined ? readUnrecorded(id) : knownOf(found))
  }

  /** Something that was installed before there were records, and is not on offer any more: anything is newer. */
  async function readUnrecorded(id: ReleaseId): Promise<KnownRelease | undefined> {
    if (!unrecorded.has(id)) {
      const manifest = await readOwnManifest(await destination.store(), id)
      unrecorded.set(id, manifest === undefined ? undefined : { release: id, version: manifest.version, counter: 0 })
    }
    return unrecorded.get(id)
  }

  async function decide(seen: Offered): Promise<Turn> {
    return decideNext({
      target,
      offered: seen,
      policy: peer.trust.policy(),
      device: config.device(),
      installed: await installed(),
      record: record(),
      soakSeconds: config.soakSeconds,
      nowMs: peer.trust.now().getTime(),
    })
  }

  return {
    get offered() {
      return offered
    },
    async see(ask, options) {
      const seen = offered === undefined || ask === 'all' ? await look(peer, destination, options) : offered
      offered = seen
      if (ask !== 'nothing' && isByPolicy({ target, offered: seen })) {
        await askForPolicy(peer, config.askTracker, { widely: ask === 'all', signal: options.signal })
      }
      return seen
    },
    installed,
    decide,
    async whileHolds(seen, holds, signal, work) {
      const overtaken = new AbortController()
      async function review(): Promise<void> {
        if (!holds(await decide(seen))) overtaken.abort(new Overtaken('the policy changed'))
      }
      const stop = peer.trust.onPolicy(() => {
        review().catch((error: unknown) => peer.onEvent('policy-not-weighed', { error }))
      })
      try {
        return await work(AbortSignal.any([signal, overtaken.signal]))
      } finally {
        stop()
      }
    },
  }
}

export function knownOf({ release, version, counter }: FoundRelease): KnownRelease {
  return { release, version, counter }
}
