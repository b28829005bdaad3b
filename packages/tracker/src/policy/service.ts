/** A tracker that keeps devices and their reports: takes these, counts them, decides on rollouts and hands out the policy. */
import type { Libp2p } from '@libp2p/interface'
import type { EnrolmentSigner } from '@shoal/release'
import { TrackerError } from '../error.ts'
import type { Membership } from '../membership/membership.ts'
import { keepHeard } from '../reports/heard.ts'
import { openReportsDesk } from '../reports/desk.ts'
import { createIntake } from '../reports/intake.ts'
import type { ReportsAnswer, ReportsQuestion } from '../reports/message.ts'
import { serveReports } from '../reports/serve.ts'
import type { Store } from '../store/store.ts'
import { advance } from './advance.ts'
import { startEngine } from './engine.ts'
import { readPolicyFile, writePolicyFile } from './origin-file.ts'
import { createPublisher, type Publisher } from './publisher.ts'
import { servePolicy } from './serve.ts'
import { createShelf } from './shelf.ts'

export interface PolicyConfig {
  key: EnrolmentSigner
  /** Folder of an origin, in which the policy is to lie for devices that reach no tracker. */
  originDir?: string
}

export interface RolloutService extends AsyncDisposable, Publisher {
  /** A device announced itself. */
  heardOf(device: string): void
  /** Reports that came by way of a broker. In a private fleet the sender must have shown its credential. */
  takeReports(question: ReportsQuestion, peer: string, credential: Uint8Array | undefined): Promise<ReportsAnswer>
  /** @throws ReleaseError for what is no policy */
  isKnownPolicy(document: Uint8Array): boolean
}

interface ServiceDeps {
  fleet: string
  store: Store
  /** Absent: this tracker counts, and leaves decisions to others on the same store. */
  policy: PolicyConfig | undefined
  membership: Membership | undefined
  /** Milliseconds that never go back, and epoch ms. */
  now: () => number
  wallNow: () => number
  tell: (document: Uint8Array) => void
  onAnswer: (answer: ReportsAnswer) => void
  onFailure: (error: unknown) => void
}

export async function startRolloutService(node: Libp2p, deps: ServiceDeps): Promise<RolloutService> {
  const { fleet, store, policy, membership, now, wallNow, tell, onAnswer, onFailure } = deps
  await using stack = new AsyncDisposableStack()
  const originDir = policy?.originDir
  const shelf = createShelf({
    tell,
    write: originDir === undefined ? undefined : (document) => writePolicyFile(originDir, document),
    onFailure,
  })
  stack.defer(() => shelf.settled())
  const publisher: Publisher =
    policy === undefined
      ? NO_KEY
      : createPublisher({
          store,
          key: policy.key,
          now: wallNow,
          earlierPolicy: originDir === undefined ? undefined : await readPolicyFile(originDir),
          onPolicy: (newest) => shelf.put(newest),
        })

  const engine = stack.use(
    startEngine({
      store,
      advance: policy === undefined ? undefined : () => advance({ store, publisher, now: wallNow }),
      onPolicy: (newest) => shelf.put(newest),
      onFailure,
      now: wallNow,
    }),
  )
  const heard = stack.use(keepHeard({ store, now: wallNow, onFailure }))
  const intake = createIntake({ store, now: wallNow, onTaken: () => engine.ring() })
  const desk = stack.use(openReportsDesk({ intake, now, onAnswer, onFailure }))
  stack.use(await serveReports(node, { fleet, desk, membership, onFailure }))
  stack.use(await servePolicy(node, { fleet, policy: () => shelf.newest(), now, onFailure }))

  const running = stack.move()
  return {
    async publish(change) {
      const outcome = await publisher.publish(change)
      if (outcome === 'changed') engine.ring()
      return outcome
    },
    heardOf: (device) => heard.of(device),
    async takeReports(question, peer, credential) {
      const member = credential === undefined ? undefined : membership?.vouch(peer, credential)
      // Not for good: a credential that has expired is renewed.
      if (membership !== undefined && member === undefined) {
        return { v: 1, status: 'ok', outcomes: question.reports.map(() => 'later') }
      }
      return await desk.answer(question, { peer, fleet, member }, 'mqtt')
    },
    isKnownPolicy: (document) => shelf.isKnown(document),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

const NO_KEY: Publisher = {
  publish: async () => {
    throw new TrackerError('CONFLICT', 'this tracker has no key for the policy, so it cannot change a rollout', {
      fix: 'start it with --policy-key: see docs/operating.md',
    })
  },
}
