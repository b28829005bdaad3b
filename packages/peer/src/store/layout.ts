import { join, resolve } from 'node:path'

/** Where everything of one install root lives. */
export interface Layout {
  readonly out: string
  readonly current: string
  readonly releases: string
  readonly staging: string
  readonly meta: string
  readonly blocks: string
  readonly journals: string
  readonly records: string
  /** Half-written files; whatever is here when a store opens is a leftover. */
  readonly scratch: string
  readonly history: string
  release(id: string): string
  staged(id: string): string
  block(id: string): string
  journal(id: string): string
  record(id: string): string
}

export function layoutOf(folder: string): Layout {
  const out = resolve(folder)
  const meta = join(out, '.shoal')
  const [releases, staging] = [join(out, 'releases'), join(out, 'staging')]
  const [blocks, journals, records] = [join(meta, 'blocks'), join(meta, 'journal'), join(meta, 'installed')]
  return {
    out,
    current: join(out, 'current'),
    releases,
    staging,
    meta,
    blocks,
    journals,
    records,
    scratch: join(meta, 'scratch'),
    history: join(meta, 'history'),
    release: (id) => join(releases, id),
    staged: (id) => join(staging, id),
    block: (id) => join(blocks, id),
    journal: (id) => join(journals, id),
    record: (id) => join(records, id),
  }
}
