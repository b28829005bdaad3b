import { releaseRole, type Block, type Manifest, type ReleaseTarget } from '@shoal/release'
import { commit, type Committed } from '../metadata/commit.ts'
import type { Document } from '../metadata/document.ts'
import type { MetadataSet } from '../metadata/set.ts'
import { lackingFor } from '../metadata/settle.ts'
import type { Signatures } from '../metadata/sign.ts'
import { appendToLedger } from '../repository/ledger.ts'
import { readPending } from '../repository/stored.ts'
import { createChannelKey } from './channel-key.ts'
import type { PublishContext } from './context.ts'
import { continues, entryOf, planOffer } from './plan-offer.ts'

export interface Offer {
  counter: number
  uploadedBytes: number
  /** What the release still waits for; undefined when the channel offers it. */
  signatures: Signatures | undefined
}

/** Lets the channel offer the release, as far as the keys within reach can, unless it does so already. */
export async function offerRelease(
  manifest: Manifest,
  blocks: readonly Block[],
  context: PublishContext,
  now: Date,
): Promise<Offer> {
  const { target, repository, origin, set, onEvent } = context
  const role = releaseRole(target.product, target.channel)
  const release = { ...target, release: manifest.id, rootBytes: rootBytesOf(manifest, blocks) }
  const waiting = await readPending(repository.folder, role)
  const awaited = findAwaited(waiting, role, release, set)
  if (awaited !== undefined) {
    onEvent({ phase: 'sign', role, keyIds: [], counter: awaited.counter, isNew: false })
    return { ...awaited, uploadedBytes: 0 }
  }

  const channelKey = (await createChannelKey(set, repository, target))?.key
  const plan = { release, waiting, channelKey, counterFloor: highestPublished(context) }
  const committed = await commit(repository, origin, (current) => planOffer(current, plan), now)
  const { pending, signed, uploadedBytes } = committed
  const document = pending?.role === role ? pending.document : committed.set.releases.get(role)
  const counter = entryOf(document?.signed, release)?.custom.counter ?? 0
  const isNew = pending !== undefined || signed.some((made) => made.role === role)
  if (isNew && context.existing === undefined) {
    const entry = { ...target, release: manifest.id, counter, origin: origin.uri, publishedAt: now.toISOString() }
    await appendToLedger(repository.folder, entry)
  }
  onEvent({ phase: 'sign', role, keyIds: keyIdsOf(committed, role), counter, isNew })
  return { counter, uploadedBytes, signatures: pending && { have: pending.have, need: pending.need } }
}

/** The release in metadata that waits for more signatures already; publishing it again would void those it has. */
function findAwaited(
  waiting: Document | undefined,
  role: string,
  release: Omit<ReleaseTarget, 'counter'>,
  set: MetadataSet,
): { counter: number; signatures: Signatures } | undefined {
  if (waiting === undefined || !continues(waiting, role, set)) return undefined
  const there = entryOf(waiting.signed, release)
  const signatures = lackingFor(role, waiting, set)
  if (there?.custom.cid !== release.release || signatures === undefined) return undefined
  return { counter: there.custom.counter, signatures }
}

/** What this repository ever offered in the channel, should the origin have lost it. */
function highestPublished({ ledger, target }: PublishContext): number {
  const published = ledger.filter(({ product, channel }) => product === target.product && channel === target.channel)
  return published.reduce((highest, { counter }) => Math.max(highest, counter), 0)
}

function rootBytesOf(manifest: Manifest, blocks: readonly Block[]): number {
  const root = blocks.find(({ id }) => id === manifest.id)
  if (root === undefined) throw new Error('a manifest without its root block')
  return root.bytes.length
}

function keyIdsOf({ signed, pending }: Committed, role: string): string[] {
  if (pending?.role === role) return pending.document.signatures.map(({ keyid }) => keyid)
  return signed.find((made) => made.role === role)?.keyIds ?? []
}
