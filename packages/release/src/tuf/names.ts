import type { Target } from '../names.ts'

/** A target of which every word is known. */
export type ExactTarget = Target & { version: string }

/** The role that signs the releases of a channel. */
export function releaseRole(product: string, channel: string): string {
  return `rel-${product}-${channel}`
}

/** What that role may speak about. */
export function releasePaths(product: string, channel: string): string[] {
  return [`${product}/${channel}/*/*.release`]
}

export function releaseTargetPath({ product, channel, version, platform }: ExactTarget): string {
  return `${product}/${channel}/${version}/${platform}.release`
}

/** `3.root.json`; without a version, `timestamp.json`. */
export function metadataFile(role: string, version?: number): string {
  const name = encodeURIComponent(role)
  return version === undefined ? `${name}.json` : `${version}.${name}.json`
}

/** What a peer may be asked for, and at most this long. */
const METADATA_FILE = /^(?:[1-9]\d{0,15}\.)?[A-Za-z0-9][A-Za-z0-9._%-]{0,191}\.json$/

export function isMetadataFile(text: string): boolean {
  return METADATA_FILE.test(text) && !text.includes('..')
}
