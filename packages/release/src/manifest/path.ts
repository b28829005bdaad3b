import { PATH_BYTES_MAX, PATH_DEPTH_MAX, SEGMENT_BYTES_MAX } from '../limits.ts'
import { quote } from '../quote.ts'
import { isReservedName } from '../reserved.ts'
import { refuse } from './refuse.ts'

/** Control characters (C0, DEL, C1) and the backslash. */
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\\]/
const DRIVE = /^[A-Za-z]:/

/** Refuses what could leave the tree, or cannot exist on every system that shoal installs on. */
export function checkPath(path: string): void {
  if (path === '') refuse('path-empty', 'a path is empty')
  checkText(path, 'path')
  if (path.startsWith('/') || DRIVE.test(path)) refuse('path-absolute', `path ${quote(path)} is absolute`)
  const segments = path.split('/')
  if (segments.length > PATH_DEPTH_MAX) {
    refuse('path-depth', `path ${quote(path)} has ${segments.length} segments, more than ${PATH_DEPTH_MAX}`)
  }
  for (const segment of segments) checkSegment(segment, path)
}

/**
 * A symlink must stay inside the tree. ".." is taken only in front of the first name: there it climbs through real folders (no
 * entry lies beneath a symlink), whereas behind a name it could climb from wherever another symlink leads.
 */
export function checkSymlink(path: string, target: string): void {
  const where = `symlink ${quote(path)}`
  if (target === '' || !isBoundedText(target)) {
    refuse('symlink-target', `${where}: target ${quote(target)} is empty, too long or has forbidden characters`)
  }
  if (target.startsWith('/') || DRIVE.test(target)) {
    refuse('symlink-absolute', `${where}: target ${quote(target)} is absolute`)
  }
  let depth = path.split('/').length - 1
  let named = false
  for (const segment of target.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment !== '..') {
      named = true
      continue
    }
    if (named) refuse('symlink-dots', `${where}: target ${quote(target)} has ".." behind a name`)
    depth -= 1
    if (depth < 0) refuse('symlink-escape', `${where}: target ${quote(target)} leaves the tree`)
  }
}

/** The order of the UTF-8 bytes, which for surrogates is not the order of JavaScript's strings. */
export function comparePaths(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at)
    const right = b.charCodeAt(at)
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

/** Code units above the surrogates encode smaller code points than the surrogates do. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}

function checkText(path: string, what: string): void {
  if (byteLength(path) > PATH_BYTES_MAX) {
    refuse('path-length', `${what} ${quote(path)} is longer than ${PATH_BYTES_MAX} bytes`)
  }
  if (FORBIDDEN.test(path) || !path.isWellFormed()) {
    refuse('path-characters', `${what} ${quote(path)} has a control character, backslash or lone surrogate`)
  }
}

function isBoundedText(text: string): boolean {
  return byteLength(text) <= PATH_BYTES_MAX && !FORBIDDEN.test(text) && text.isWellFormed()
}

function checkSegment(segment: string, path: string): void {
  if (segment === '') refuse('path-segment-empty', `path ${quote(path)} has an empty segment`)
  if (segment === '.' || segment === '..') refuse('path-segment-dots', `path ${quote(path)} has a "." or ".." segment`)
  if (segment.length * 3 > SEGMENT_BYTES_MAX && byteLength(segment) > SEGMENT_BYTES_MAX) {
    refuse('path-segment-length', `path ${quote(path)} has a segment longer than ${SEGMENT_BYTES_MAX} bytes`)
  }
  if (segment.endsWith('.') || segment.endsWith(' ')) {
    refuse('path-trailing', `path ${quote(path)} has a segment that ends in a dot or space`)
  }
  if (isReservedName(segment)) refuse('path-reserved', `path ${quote(path)} uses a device name of Windows`)
}

function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8')
}
