import { quote } from '../quote.ts'
import { checkPath, checkSymlink, comparePaths } from './path.ts'
import { refuse } from './refuse.ts'
import type { Entry } from './entry.ts'

type Kind = Entry['kind']
interface Place {
  path: string
  /** 'folder' is what the path of another entry implies. */
  kind: Kind | 'folder'
}

/** Refuses paths and symlink targets that no manifest may hold, before anything is read. In any order. */
export function checkTree(entries: Iterable<{ kind: Kind; path: string; target?: string }>): void {
  const tree = createTreeCheck()
  for (const entry of [...entries].sort((a, b) => comparePaths(a.path, b.path))) tree.add(entry)
}

export interface TreeCheck {
  /** Entries in order; refuses one that does not fit beside those before it. */
  add(entry: { kind: Kind; path: string; target?: string }): void
}

/** Holds the paths of a release against each other: order, collisions, and what lies beneath what. */
export function createTreeCheck(): TreeCheck {
  const places = new Map<string, Place>()
  const folders = new Set<string>()
  let previous: string | undefined

  function claim(path: string, kind: Place['kind']): void {
    const key = foldPath(path)
    const there = places.get(key)
    if (there === undefined) {
      places.set(key, { path, kind })
      return
    }
    if (there.path !== path) {
      refuse('path-collision', `paths ${quote(there.path)} and ${quote(path)} differ only in case or Unicode form`)
    }
    if (kind === 'folder') refuseBeneath(there)
  }

  function claimFolders(path: string): void {
    for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      const folder = path.slice(0, slash)
      // Whoever claimed a folder claimed those above it too.
      if (folders.has(folder)) return
      claim(folder, 'folder')
      folders.add(folder)
    }
  }

  return {
    add({ kind, path, target }) {
      checkPath(path)
      if (previous !== undefined) {
        const order = comparePaths(previous, path)
        if (order === 0) refuse('path-duplicate', `path ${quote(path)} appears twice`)
        if (order > 0) refuse('path-order', `path ${quote(path)} stands after ${quote(previous)}`)
      }
      previous = path
      claimFolders(path)
      claim(path, kind)
      if (target !== undefined) checkSymlink(path, target)
    },
  }
}

/** Two paths with one folded form are one path on some file system. */
export function foldPath(path: string): string {
  if (isAscii(path)) return path.toUpperCase()
  // Through lower case to upper, so that letters with several forms meet (sigma, sharp s); normalised on both sides.
  return path.normalize('NFC').toLowerCase().toUpperCase().normalize('NFC')
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false
  return true
}

function refuseBeneath(there: Place): void {
  switch (there.kind) {
    case 'file':
      return refuse('path-beneath-file', `${quote(there.path)} is both a file and a folder`)
    case 'symlink':
      return refuse('path-beneath-symlink', `an entry lies beneath the symlink ${quote(there.path)}`)
    case 'directory':
      return refuse('directory-not-empty', `${quote(there.path)} is listed as an empty folder, but is not empty`)
    case 'folder':
      return
  }
}
