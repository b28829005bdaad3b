import { BLOCK_BYTES_MAX, blockIdOf, parseBlockId, type BlockId } from '@shoal/release'
import { readWhole, writeAtomic } from './atomic-file.ts'
import type { Disk } from './disk.ts'
import type { Layout } from './layout.ts'

/** Manifest blocks by their id. Nothing is believed: a block that does not hash to its id is absent, and removed. */
export class Blocks {
  readonly #disk: Disk
  readonly #layout: Layout
  /** Written since the store opened: perhaps of a manifest that is still being fetched. */
  readonly #fresh = new Set<BlockId>()

  constructor(disk: Disk, layout: Layout) {
    this.#disk = disk
    this.#layout = layout
  }

  async get(id: BlockId): Promise<Uint8Array | undefined> {
    const path = this.#layout.block(parseBlockId(id))
    const bytes = await readWhole(this.#disk, path, BLOCK_BYTES_MAX)
    if (bytes !== undefined && blockIdOf(bytes) === id) return bytes
    if (bytes !== undefined) await this.#disk.remove(path)
    return undefined
  }

  async put(id: BlockId, bytes: Uint8Array): Promise<void> {
    if (blockIdOf(bytes) !== parseBlockId(id)) throw new Error(`these bytes are not block ${id}`)
    this.#fresh.add(id)
    await writeAtomic(this.#disk, this.#layout.scratch, this.#layout.block(id), bytes, { durable: false })
  }

  async removeExcept(needed: ReadonlySet<string>): Promise<void> {
    for (const { name } of await this.#disk.list(this.#layout.blocks)) {
      if (needed.has(name) || this.#fresh.has(name as BlockId)) continue
      await this.#disk.remove(this.#layout.block(name))
    }
  }

  /** The manifest is complete and in use: from now on its release says whether its blocks are needed. */
  settle(ids: readonly BlockId[]): void {
    for (const id of ids) this.#fresh.delete(id)
  }
}
