import type { ReleaseId } from '@shoal/release'
import { join } from 'node:path'
import type { Disk } from './disk.ts'
import type { Layout } from './layout.ts'
import { parseId } from './current.ts'
import { absentOk } from './disk-error.ts'

const TRASH = 'trash-'

/** Takes installed releases away (and nothing that is not one): each is moved aside at once, whole, and only then deleted. */
export async function removeReleases(disk: Disk, layout: Layout, keep: ReadonlySet<string>): Promise<void> {
  for (const { name } of await disk.list(layout.releases)) {
    if (keep.has(name) || parseId(name) === undefined) continue
    const aside = join(layout.staging, `${TRASH}${name}`)
    await disk.remove(aside)
    await disk.rename(layout.release(name), aside)
    await disk.remove(layout.record(name))
    await disk.remove(aside)
  }
}

/** Takes staged releases away, with their journals. */
export async function removeStaged(disk: Disk, layout: Layout, keep: ReadonlySet<string>): Promise<void> {
  for (const { name } of await disk.list(layout.staging)) if (!keep.has(name)) await disk.remove(layout.staged(name))
  for (const { name } of await disk.list(layout.journals)) if (!keep.has(name)) await disk.remove(layout.journal(name))
}

/** What a kill left behind: half-deleted and half-written things, a journal or a record without its release. */
export async function removeLeftovers(disk: Disk, layout: Layout, installed: readonly ReleaseId[]): Promise<void> {
  for (const { name } of await disk.list(layout.scratch)) await disk.remove(join(layout.scratch, name))
  for (const { name } of await disk.list(layout.staging))
    if (name.startsWith(TRASH)) await disk.remove(layout.staged(name))
  for (const id of installed) await disk.remove(layout.journal(id))
  for (const { name } of await disk.list(layout.records)) {
    if ((await absentOk(disk.lstat(layout.release(name)))) === undefined) await disk.remove(layout.record(name))
  }
}
