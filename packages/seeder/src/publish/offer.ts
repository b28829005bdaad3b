import {
  formatTarget,
  releaseRole,
  releaseTargetPath,
  type Block,
  type Manifest,
  type ReleaseTarget,
} from '@shoal/release'
import { SeederError } from '../error.ts'
import { commit, type Committed } from '../metadata/commit.ts'
import type { Document, TargetsSigned } from '../metadata/document.ts'
import type { Change } from '../metadata/draft.ts'
import { emptyTargets, withChannel, withRelease } from '../metadata/edit.ts'
import type { MetadataSet } from '../metadata/set.ts'
import { lackingFor } from '../metadata/settle.ts'
import { isIntact, type Signatures } from '../metadata/sign.ts'
import { appendToLedger } from '../repository/ledger.ts'
import { readPending } from '../repository/stored.ts'
import { createChannelKey } from './channel-key.ts'
import type { PublishContext } from './context.ts'
import { listReleases } from './published.ts'

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

  const key = await createChannelKey(set, repository, target)
  let counter = 0
  const edit = (current: MetadataSet): Change => {
    const isNewChannel = key !== undefined && current.authority(role) === undefined && current.targets !== undefined
    const targets = isNewChannel
      ? withChannel(current.targets.signed, target, { keys: [key.key], threshold: 1 })
      : undefined
    const body = bodyToExtend(current, role, waiting)
    const there = body.targets[releaseTargetPath(release)]
    counter = there?.custom.counter ?? nextCounter(body, context)
    const isComplete = waiting !== undefined && body === waiting.signed
    if (there?.custom.cid === release.release) {
      return isComplete ? { targets, finished: { role, document: waiting } } : { targets }
    }
    if (there !== undefined && current.releases.get(role)?.signed === body) throw conflict(context)
    if (there !== undefined) counter = nextCounter(body, context)
    return { targets, releases: new Map([[role, withRelease(body, { ...release, counter })]]) }
  }
  const committed = await commit(repository, origin, edit, now)
  const isNew = committed.signed.some((made) => made.role === role) || committed.pending !== undefined
  if (isNew && context.existing === undefined) {
    const entry = { ...target, release: manifest.id, counter, origin: origin.uri, publishedAt: now.toISOString() }
    await appendToLedger(repository.folder, entry)
  }
  onEvent({ phase: 'sign', role, keyIds: keyIdsOf(committed, role), counter, isNew })
  return { counter, uploadedBytes: committed.uploadedBytes, signatures: signaturesOf(committed) }
}

/** The release in metadata that waits for more signatures already; publishing it again would void those it has. */
function findAwaited(
  waiting: Document | undefined,
  role: string,
  release: Omit<ReleaseTarget, 'counter'>,
  set: MetadataSet,
): { counter: number; signatures: Signatures } | undefined {
  if (waiting === undefined || !continues(waiting, role, set)) return undefined
  const { targets } = waiting.signed as TargetsSigned
  const there = targets[releaseTargetPath(release)]
  const signatures = lackingFor(role, waiting, set)
  if (there?.custom.cid !== release.release || signatures === undefined) return undefined
  return { counter: there.custom.counter, signatures }
}

/** What the role says now, or is about to say: releases that wait for signatures stay in. */
function bodyToExtend(set: MetadataSet, role: string, waiting: Document | undefined): TargetsSigned {
  if (waiting !== undefined && continues(waiting, role, set)) return waiting.signed as TargetsSigned
  return set.releases.get(role)?.signed ?? emptyTargets()
}

function continues(waiting: Document, role: string, set: MetadataSet): boolean {
  const authority = set.authority(role)
  const isNext = waiting.signed.version === (set.releases.get(role)?.signed.version ?? 0) + 1
  return isNext && authority !== undefined && isIntact(waiting, [authority])
}

/** Above all that the channel offers, and all that this repository ever offered there, should the origin have lost it. */
function nextCounter(body: TargetsSigned, { ledger, target }: PublishContext): number {
  const published = ledger.filter(({ product, channel }) => product === target.product && channel === target.channel)
  const highest = [...listReleases(body), ...published].reduce((max, { counter }) => Math.max(max, counter), 0)
  return highest + 1
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

function signaturesOf({ pending }: Committed): Signatures | undefined {
  return pending === undefined ? undefined : { have: pending.have, need: pending.need }
}

function conflict({ target }: PublishContext): SeederError {
  return new SeederError('VERSION_CONFLICT', `${formatTarget(target)} was published with other content just now`)
}
