import { parseReleaseId, type ReleaseId } from '../cid.ts'
import { ReleaseError } from '../error.ts'
import { RELEASE_BYTES_MAX } from '../limits.ts'
import { decodeCanonical, encode, hasKeys, isCount, isRecord, linkedBlock, linkTo } from '../manifest/wire.ts'
import { parseName, parseVersion, type Target } from '../names.ts'
import { quote } from '../quote.ts'
import type { Rule } from '../rules.ts'
import { seal, unseal } from './envelope.ts'
import type { Signer } from './key.ts'
import { refuse } from './refuse.ts'
import type { TrustedRoot } from './root.ts'

/** "This release is version V of product P on channel C": what a fleet's key signs. */
export interface Statement {
  fleet: string
  product: string
  channel: string
  version: string
  platform: string
  /** Rises with every statement of the channel and platform; a device never goes back. At least 1. */
  counter: number
  release: ReleaseId
  sizeBytes: number
}

const TYPE = 'shoal/statement'
const KEYS = ['v', 'type', 'fleet', 'product', 'channel', 'version', 'platform', 'counter', 'release', 'size']

export function signStatement(statement: Statement, signer: Signer): Uint8Array {
  const { fleet, product, channel, version, platform, counter, release, sizeBytes } = statement
  const names = { fleet, product, channel, version, platform }
  const signed = encode({ v: 1, type: TYPE, ...names, counter, release: linkTo(release), size: sizeBytes })
  decodeStatement(signed)
  return seal(signed, signer)
}

/** Reads a statement that a key of the root signed, about the target wanted and nothing else. */
export function verifyStatement(bytes: Uint8Array, root: TrustedRoot, wanted: Target): Statement {
  const statement = decodeStatement(unseal(bytes, root.keys))
  match('other-fleet', 'fleet', statement.fleet, root.fleet)
  match('other-product', 'product', statement.product, wanted.product)
  match('other-channel', 'channel', statement.channel, wanted.channel)
  match('other-platform', 'platform', statement.platform, wanted.platform)
  if (wanted.version !== undefined) match('other-version', 'version', statement.version, wanted.version)
  return statement
}

function match(rule: Rule<'STATEMENT_MISMATCH'>, what: string, actual: string, expected: string): void {
  if (actual === expected) return
  const message = `statement: it is about ${what} ${quote(actual)}, not ${quote(expected)}`
  throw new ReleaseError('STATEMENT_MISMATCH', rule, message)
}

function decodeStatement(bytes: Uint8Array): Statement {
  const value = decodeCanonical(bytes)
  if (value === undefined) refuse('statement-cbor', 'the signed bytes are not canonical dag-cbor')
  if (!isRecord(value) || !hasKeys(value, KEYS) || value['type'] !== TYPE || value['v'] !== 1) {
    refuse('statement-shape', `it must have exactly the keys ${KEYS.join(', ')}, with type "${TYPE}" and v 1`)
  }
  const { counter, release, size } = value
  if (!isCount(counter, Number.MAX_SAFE_INTEGER) || counter === 0) {
    refuse('statement-counter', 'the counter is not a whole number from 1 up to 2^53 - 1')
  }
  const id = linkedBlock(release)
  if (id === undefined) refuse('statement-release', 'the release is not a link to a block')
  if (!isCount(size, RELEASE_BYTES_MAX))
    refuse('statement-bytes', `the size is not a whole number up to ${RELEASE_BYTES_MAX}`)
  return { ...decodeNames(value), counter, release: parseReleaseId(id), sizeBytes: size }
}

function decodeNames(value: Record<string, unknown>): Omit<Statement, 'counter' | 'release' | 'sizeBytes'> {
  const { fleet, product, channel, version, platform } = value
  if (typeof fleet !== 'string' || !/^[0-9a-f]{32}$/.test(fleet))
    refuse('statement-names', 'the fleet is not 32 hex digits')
  if (
    typeof product !== 'string' ||
    typeof channel !== 'string' ||
    typeof version !== 'string' ||
    typeof platform !== 'string'
  ) {
    refuse('statement-names', 'product, channel, version and platform must be text')
  }
  try {
    return {
      fleet,
      product: parseName(product, 'product'),
      channel: parseName(channel, 'channel'),
      version: parseVersion(version),
      platform: parseName(platform, 'platform'),
    }
  } catch (error) {
    refuse('statement-names', (error as Error).message, error)
  }
}
