import { realpath } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseName, parseVersion, type Statement } from '@shoal/release'
import { startWorkerPool, type WorkerPool } from '../chunking/worker-pool.ts'
import { SeederError } from '../error.ts'
import { openOrigin } from '../origin/open.ts'
import type { Origin } from '../origin/origin.ts'
import { readLedger, type LedgerEntry } from '../repository/ledger.ts'
import { openRepository, type Repository } from '../repository/open.ts'
import type { PublishDependencies, PublishEvent, PublishOptions } from './options.ts'
import { readLatest, readVersion, type ExactTarget } from './published.ts'

/** What all steps of one publish share: opened once, closed together. */
export interface PublishContext extends AsyncDisposable {
  readonly target: ExactTarget
  readonly repository: Repository
  readonly ledger: readonly LedgerEntry[]
  readonly origin: Origin
  readonly pool: WorkerPool
  readonly signal: AbortSignal
  readonly onEvent: (event: PublishEvent) => void
  /** What the channel offers now. */
  readonly latest: Statement | undefined
  /** This very version, if it was published before. */
  readonly existing: Statement | undefined
}

export async function openContext(options: PublishOptions, deps: PublishDependencies): Promise<PublishContext> {
  const { signal = new AbortController().signal, onEvent = () => undefined } = deps
  const channel = parseName(options.channel, 'channel')
  const version = parseVersion(options.version)
  const platform = parseName(options.platform ?? 'any', 'platform')

  await using stack = new AsyncDisposableStack()
  const repository = stack.use(await openRepository(options.repository))
  const target = { product: chooseProduct(options.product, repository), channel, version, platform }
  const origin = await openOrigin(options.origin)
  const { statement: latest } = await readLatest(origin, repository.root, target)
  const existing = await readVersion(origin, repository.root, target)
  const ledger = await readLedger(repository.folder)
  const pool = stack.use(startWorkerPool({ signal, size: options.workers }))
  const opened = stack.move()
  const close = (): Promise<void> => opened.disposeAsync()
  return { target, repository, ledger, origin, pool, signal, onEvent, latest, existing, [Symbol.asyncDispose]: close }
}

/** Folders of this machine that the publish itself uses. */
export async function ownFolders({ repository, origin }: PublishContext): Promise<Record<string, string>> {
  const folders = { repository: await realpath(repository.folder) }
  return origin.uri.startsWith('file:') ? { ...folders, origin: await realpath(fileURLToPath(origin.uri)) } : folders
}

function chooseProduct(asked: string | undefined, { settings, folder }: Repository): string {
  if (asked === undefined) {
    if (settings.product !== undefined) return settings.product
    throw new SeederError('PRODUCT_MISMATCH', `no product is given, and ${folder} is not of one product`)
  }
  const product = parseName(asked, 'product')
  if (settings.product === undefined || settings.product === product) return product
  throw new SeederError('PRODUCT_MISMATCH', `${folder} publishes ${settings.product}, not ${product}`)
}
