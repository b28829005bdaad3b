import { realpath } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseName, parseVersion, type ExactTarget, type ReleaseTarget } from '@shoal/release'
import { startWorkerPool, type WorkerPool } from '../chunking/worker-pool.ts'
import { readCurrent } from '../metadata/commit.ts'
import type { MetadataSet } from '../metadata/set.ts'
import { openOrigin } from '../origin/open.ts'
import type { Origin } from '../origin/origin.ts'
import { readLedger, type LedgerEntry } from '../repository/ledger.ts'
import { chooseProduct, openRepository, type Repository } from '../repository/open.ts'
import type { PublishDependencies, PublishEvent, PublishOptions } from './options.ts'
import { checkChannel } from './channel-key.ts'
import { findOffers } from './published.ts'

/** What all steps of one publish share: opened once, closed together. */
export interface PublishContext extends AsyncDisposable {
  readonly target: ExactTarget
  readonly repository: Repository
  readonly ledger: readonly LedgerEntry[]
  readonly origin: Origin
  readonly pool: WorkerPool
  readonly signal: AbortSignal
  readonly onEvent: (event: PublishEvent) => void
  /** The metadata when the publish began. */
  readonly set: MetadataSet
  /** What the channel offers for the platform then. */
  readonly latest: ReleaseTarget | undefined
  /** This very version, if it was published before. */
  readonly existing: ReleaseTarget | undefined
}

export async function openContext(options: PublishOptions, deps: PublishDependencies): Promise<PublishContext> {
  const { signal = new AbortController().signal, onEvent = () => undefined } = deps
  const channel = parseName(options.channel, 'channel')
  const version = parseVersion(options.version)
  const platform = parseName(options.platform ?? 'any', 'platform')

  await using stack = new AsyncDisposableStack()
  const repository = stack.use(await openRepository(options.repository, options))
  const target = { product: chooseProduct(options.product, repository), channel, version, platform }
  const origin = await openOrigin(options.origin)
  const { set } = (await readCurrent(repository, origin)).merged
  const { latest, existing } = findOffers(set, target)
  await checkChannel(set, repository, target)
  const ledger = await readLedger(repository.folder)
  const pool = stack.use(startWorkerPool({ signal, size: options.workers }))
  const opened = stack.move()
  const close = (): Promise<void> => opened.disposeAsync()
  const found = { set, latest, existing }
  return { target, repository, ledger, origin, pool, signal, onEvent, ...found, [Symbol.asyncDispose]: close }
}

/** Folders of this machine that the publish itself uses. */
export async function ownFolders({ repository, origin }: PublishContext): Promise<Record<string, string>> {
  const folders = { repository: await realpath(repository.folder) }
  return origin.uri.startsWith('file:') ? { ...folders, origin: await realpath(fileURLToPath(origin.uri)) } : folders
}
