import type { Entry, Manifest } from '@shoal/release'
import { DIFFERENCES_SHOWN } from '../limits.ts'

/** In words, how the entries of two releases differ: `2 changed (a, b), 1 added (c)`. */
export function describeDifference(before: Manifest, after: Manifest): string {
  const old = new Map(before.entries.map((entry) => [entry.path, entry]))
  const changed: string[] = []
  const added: string[] = []
  for (const entry of after.entries) {
    const was = old.get(entry.path)
    old.delete(entry.path)
    if (was === undefined) added.push(entry.path)
    else if (!isSame(was, entry)) changed.push(entry.path)
  }
  const kinds = [list('changed', changed), list('added', added), list('removed', [...old.keys()])]
  return kinds.filter((text) => text !== '').join(', ')
}

function isSame(a: Entry, b: Entry): boolean {
  if (a.kind === 'file' && b.kind === 'file') {
    return a.size === b.size && a.executable === b.executable && Buffer.compare(a.sha256, b.sha256) === 0
  }
  if (a.kind === 'symlink' && b.kind === 'symlink') return a.target === b.target
  return a.kind === b.kind
}

function list(kind: string, paths: readonly string[]): string {
  if (paths.length === 0) return ''
  const shown = paths.slice(0, DIFFERENCES_SHOWN).join(', ')
  return `${paths.length} ${kind} (${shown}${paths.length > DIFFERENCES_SHOWN ? ', …' : ''})`
}
