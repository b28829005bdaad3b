/** What metadata must say so that a channel offers a release. Pure. */
import { formatTarget, releaseRole, releaseTargetPath, type ReleaseTarget } from '@shoal/release'
import { SeederError } from '../error.ts'
import type { PublicKey } from '../keys/public-key.ts'
import type { AnySigned, Document, TargetEntry, TargetsSigned } from '../metadata/document.ts'
import type { Change } from '../metadata/draft.ts'
import { emptyTargets, withChannel, withRelease } from '../metadata/edit.ts'
import type { MetadataSet } from '../metadata/set.ts'
import { isIntact } from '../metadata/sign.ts'
import { listReleases } from './published.ts'

export interface OfferPlan {
  release: Omit<ReleaseTarget, 'counter'>
  /** The role's metadata that waits for signatures. Releases in it stay in: one signature more covers them all. */
  waiting: Document | undefined
  /** Signs a channel that does not exist yet. */
  channelKey: PublicKey | undefined
  /** The counter will be above this. */
  counterFloor: number
}

/** @throws SeederError VERSION_CONFLICT when the version is offered with other content */
export function planOffer(now: MetadataSet, { release, waiting, channelKey, counterFloor }: OfferPlan): Change {
  const role = releaseRole(release.product, release.channel)
  const isNewChannel = now.authority(role) === undefined && channelKey !== undefined && now.targets !== undefined
  const targets = isNewChannel
    ? withChannel(now.targets.signed, release, { keys: [channelKey], threshold: 1 })
    : undefined
  const current = now.releases.get(role)?.signed
  const there = entryOf(current, release)
  if (there?.custom.cid === release.release) return { targets }
  if (there !== undefined) {
    throw new SeederError('VERSION_CONFLICT', `${formatTarget(release)} was published with other content just now`)
  }
  const continued = waiting !== undefined && continues(waiting, role, now) ? waiting : undefined
  if (continued !== undefined && entryOf(continued.signed, release)?.custom.cid === release.release) {
    return { targets, finished: { role, document: continued } }
  }
  const body = (continued?.signed as TargetsSigned | undefined) ?? current ?? emptyTargets()
  const counter = Math.max(counterFloor, listReleases(body).at(-1)?.counter ?? 0) + 1
  return { targets, releases: new Map([[role, withRelease(body, { ...release, counter })]]) }
}

/** Whether metadata that waits may still become the next version of its role. */
export function continues(waiting: Document, role: string, set: MetadataSet): boolean {
  const authority = set.authority(role)
  const isNext = waiting.signed.version === (set.releases.get(role)?.signed.version ?? 0) + 1
  return isNext && authority !== undefined && isIntact(waiting, [authority])
}

export function entryOf(body: AnySigned | undefined, release: Omit<ReleaseTarget, 'counter'>): TargetEntry | undefined {
  const path = releaseTargetPath(release)
  return body?._type === 'targets' && Object.hasOwn(body.targets, path) ? body.targets[path] : undefined
}
