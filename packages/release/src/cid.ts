import { hash } from 'node:crypto'
import { CID } from 'multiformats/cid'
import * as Digest from 'multiformats/hashes/digest'
import { ReleaseError } from './error.ts'
import type { Target } from './names.ts'
import { quote } from './quote.ts'

declare const block: unique symbol
declare const release: unique symbol

/** Base32 text of a CIDv1, dag-cbor, sha2-256. Made only by `parseBlockId` and `blockIdOf`. */
export type BlockId = string & { readonly [block]: true }
/** The id of a manifest's root block. */
export type ReleaseId = BlockId & { readonly [release]: true }

const RAW = 0x55
const DAG_CBOR = 0x71
const SHA2_256 = 0x12
/** Version 1, dag-cbor, sha2-256 and 32 bytes always begin like this in base32. */
const BLOCK_ID = /^bafyrei[a-z2-7]{52}$/

export function sha256(bytes: Uint8Array): Uint8Array {
  const digest = hash('sha256', bytes, 'buffer')
  return new Uint8Array(digest.buffer, digest.byteOffset, digest.length)
}

export function blockIdOf(bytes: Uint8Array): BlockId {
  return blockIdFromDigest(sha256(bytes))
}

export function blockIdFromDigest(digest: Uint8Array): BlockId {
  if (digest.length !== 32) {
    throw new ReleaseError('ID_INVALID', 'id-syntax', `a digest of ${digest.length} bytes is no sha2-256`)
  }
  return CID.createV1(DAG_CBOR, Digest.create(SHA2_256, digest)).toString() as BlockId
}

export function parseBlockId(text: string): BlockId {
  if (!isBlockId(text)) {
    throw new ReleaseError('ID_INVALID', 'id-syntax', `${quote(text)} is not a base32 CIDv1 of dag-cbor and sha2-256`)
  }
  return text
}

function isBlockId(text: string): text is BlockId {
  if (!BLOCK_ID.test(text)) return false
  try {
    CID.parse(text)
    return true
  } catch {
    // The last character carries bits that belong to no byte.
    return false
  }
}

export function parseReleaseId(text: string): ReleaseId {
  return parseBlockId(text) as ReleaseId
}

/** The sha256 inside an id. */
export function blockDigest(id: BlockId): Uint8Array {
  return CID.parse(id).multihash.digest
}

export function chunkCid(digest: Uint8Array): string {
  return CID.createV1(RAW, Digest.create(SHA2_256, digest)).toString()
}

/** Where holders of any release of a channel are found, in the DHT and at trackers. */
export function channelTopic(fleet: string, target: Pick<Target, 'product' | 'channel' | 'platform'>): CID {
  const key = `shoal/channel/${fleet}/${target.product}/${target.channel}/${target.platform}`
  return CID.createV1(RAW, Digest.create(SHA2_256, sha256(Buffer.from(key))))
}

/** Where holders of one release are found. */
export function releaseTopic(id: ReleaseId): CID {
  return CID.parse(id)
}
