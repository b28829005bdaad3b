import type { BlockId, Manifest, ReleaseId } from '@shoal/release'
import { readManifest } from '@shoal/release'
import { PeerError } from '../error.ts'
import { Blocks } from './blocks.ts'
import { flipCurrent, parseId, readCurrent, readHistory } from './current.ts'
import { nodeDisk, type Disk } from './disk.ts'
import { absentOk, describeErrors, isErrno } from './disk-error.ts'
import { earlierOf, type Earlier } from './earlier.ts'
import type { Holding } from './holding.ts'
import { openInstalled } from './installed.ts'
import { layoutOf, type Layout } from './layout.ts'
import { lockFolder } from './lock.ts'
import { removeLeftovers, removeReleases, removeStaged } from './prune.ts'
import { readRecord } from './record.ts'
import { stageRelease } from './stage.ts'
import type { Staging } from './staging.ts'

/** One install root: releases, what is being assembled, and what is needed to go on after a restart. */
export interface Store extends AsyncDisposable {
  readonly out: string
  /** Verified against its id; absent when it is not here or damaged. */
  getBlock(id: BlockId): Promise<Uint8Array | undefined>
  putBlock(id: BlockId, bytes: Uint8Array): Promise<void>
  current(): Promise<ReleaseId | undefined>
  installed(): Promise<ReleaseId[]>
  /** Activated releases, the latest first; some may be gone. */
  history(): Promise<ReleaseId[]>
  /** An installed release, for serving. */
  open(manifest: Manifest): Promise<Holding | undefined>
  /** Creates or resumes. DISK_FULL when there is no room for what is missing. */
  stage(manifest: Manifest, options: { signal: AbortSignal }): Promise<Staging>
  /** Flips `current`. NOT_FOUND unless the release is installed. */
  activate(id: ReleaseId): Promise<void>
  /** Removes all other releases, installed and staged (but never the current one or one that is being staged), and their blocks. */
  prune(keep: readonly ReleaseId[]): Promise<void>
  /** Removes what a kill left half-done. */
  sweep(): Promise<void>
}

/** Takes the folder for this process. STORE_LOCKED when another one has it. */
export async function openStore(out: string, deps: { disk?: Disk } = {}): Promise<Store> {
  const disk = describeErrors(deps.disk ?? nodeDisk)
  const layout = layoutOf(out)
  try {
    await disk.mkdir(layout.releases, { recursive: true })
    for (const folder of [layout.meta, layout.staging]) await disk.mkdir(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    if (!isErrno(cause, 'EEXIST', 'ENOTDIR')) throw cause
    throw new PeerError(
      'STORE_DENIED',
      `${layout.out} cannot be an install root: something in it, or it, is not a folder`,
      { cause },
    )
  }
  const lock = lockFolder(layout.meta, layout.out)
  try {
    for (const folder of [layout.blocks, layout.journals, layout.records, layout.scratch]) {
      await disk.mkdir(folder, { recursive: true })
    }
  } catch (error) {
    lock[Symbol.dispose]()
    throw error
  }
  return new FolderStore(disk, layout, lock)
}

class FolderStore implements Store {
  readonly out: string
  readonly #disk: Disk
  readonly #layout: Layout
  readonly #lock: Disposable
  readonly #blocks: Blocks
  readonly #staged = new Set<ReleaseId>()

  constructor(disk: Disk, layout: Layout, lock: Disposable) {
    this.out = layout.out
    this.#disk = disk
    this.#layout = layout
    this.#lock = lock
    this.#blocks = new Blocks(disk, layout)
  }

  getBlock(id: BlockId): Promise<Uint8Array | undefined> {
    return this.#blocks.get(id)
  }
  putBlock(id: BlockId, bytes: Uint8Array): Promise<void> {
    return this.#blocks.put(id, bytes)
  }

  current(): Promise<ReleaseId | undefined> {
    return readCurrent(this.#disk, this.#layout)
  }
  history(): Promise<ReleaseId[]> {
    return readHistory(this.#disk, this.#layout)
  }
  async installed(): Promise<ReleaseId[]> {
    const found = await this.#disk.list(this.#layout.releases)
    return found.filter((entry) => entry.isDirectory()).flatMap(({ name }) => parseId(name) ?? [])
  }
  open(manifest: Manifest): Promise<Holding | undefined> {
    return openInstalled(this.#disk, this.#layout, manifest)
  }

  async stage(manifest: Manifest, { signal }: { signal: AbortSignal }): Promise<Staging> {
    const { id } = manifest
    if (this.#staged.has(id)) throw new Error(`release ${id} is being staged already`)
    if (await this.#isInstalled(id)) throw new Error(`release ${id} is installed already: open it`)
    this.#staged.add(id)
    this.#blocks.settle(manifest.blockIds)
    return stageRelease({
      disk: this.#disk,
      layout: this.#layout,
      manifest,
      earlier: () => this.#earlier(),
      onClose: () => void this.#staged.delete(id),
      signal,
    })
  }

  async activate(id: ReleaseId): Promise<void> {
    if (!(await this.#isInstalled(id)))
      throw new PeerError('NOT_FOUND', `release ${id} is not installed in ${this.out}`)
    await flipCurrent(this.#disk, this.#layout, id)
  }

  async prune(keep: readonly ReleaseId[]): Promise<void> {
    const current = await this.current()
    const kept = new Set<string>([...keep, ...this.#staged, ...(current === undefined ? [] : [current])])
    await removeReleases(this.#disk, this.#layout, kept)
    await removeStaged(this.#disk, this.#layout, kept)
    const needed = await this.#neededBlocks()
    if (needed !== undefined) await this.#blocks.removeExcept(needed)
  }

  async sweep(): Promise<void> {
    await removeLeftovers(this.#disk, this.#layout, await this.installed())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#lock[Symbol.dispose]()
  }

  async #isInstalled(id: ReleaseId): Promise<boolean> {
    return (await absentOk(this.#disk.lstat(this.#layout.release(id))))?.isDirectory() === true
  }

  /** Installed releases whose manifest is here, the latest activated first. */
  async *#earlier(): AsyncGenerator<Earlier> {
    const installed = await this.installed()
    const order = [...(await this.history()), ...installed]
    for (const id of new Set(order.filter((known) => installed.includes(known)))) {
      const manifest = await this.#manifest(id)
      if (manifest === undefined) continue
      const record = await readRecord(this.#disk, this.#layout, id)
      yield earlierOf(this.#layout.release(id), manifest, record?.stamps)
    }
  }

  /** Absent when a block of it is lost; then the release can neither be served nor reused, but it runs. */
  async #manifest(id: ReleaseId): Promise<Manifest | undefined> {
    try {
      return await readManifest(id, async (block) => {
        const bytes = await this.getBlock(block)
        if (bytes === undefined) throw new PeerError('NOT_FOUND', `block ${block} is not here`)
        return bytes
      })
    } catch (error) {
      if (error instanceof PeerError && error.code === 'NOT_FOUND') return undefined
      throw error
    }
  }

  /** Unknown while a release says nothing of its blocks: then none is removed. */
  async #neededBlocks(): Promise<Set<string> | undefined> {
    const needed = new Set<string>()
    const staged = (await this.#disk.list(this.#layout.staging)).flatMap(({ name }) => parseId(name) ?? [])
    for (const id of [...(await this.installed()), ...staged]) {
      const recorded = (await readRecord(this.#disk, this.#layout, id))?.blockIds
      const ids = recorded ?? (await this.#manifest(id))?.blockIds
      if (ids === undefined) return undefined
      for (const block of ids) needed.add(block)
    }
    return needed
  }
}
