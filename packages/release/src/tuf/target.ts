/** A release as a TUF target: the target's bytes are the root block of the release's manifest. */
import type { TargetFile } from '@tufjs/models'
import { blockDigest, parseReleaseId, type ReleaseId } from '../cid.ts'
import { ReleaseError } from '../error.ts'
import { BLOCK_BYTES_MAX } from '../limits.ts'
import { hasKeys, isCount, isRecord } from '../manifest/wire.ts'
import { parseName, parseVersion } from '../names.ts'
import { quote } from '../quote.ts'
import type { Rule } from '../rules.ts'
import type { ExactTarget } from './names.ts'

export interface ReleaseTarget extends ExactTarget {
  /** Rises with every release of the channel; a device never goes back. At least 1. */
  counter: number
  release: ReleaseId
  /** Of the manifest's root block. */
  rootBytes: number
}

/** @throws ReleaseError TARGET_INVALID: what is signed there is no release of shoal */
export function readReleaseTarget(
  path: string,
  file: Pick<TargetFile, 'length' | 'hashes' | 'unrecognizedFields'>,
): ReleaseTarget {
  const names = readPath(path)
  const { custom } = file.unrecognizedFields
  if (!isRecord(custom) || !hasKeys(custom, ['cid', 'counter']) || typeof custom['cid'] !== 'string') {
    refuse('target-custom', path, 'custom is not a map of counter and cid')
  }
  const { counter } = custom
  if (!isCount(counter, Number.MAX_SAFE_INTEGER) || counter === 0) {
    refuse('target-counter', path, 'the counter is not a whole number from 1 up to 2^53 - 1')
  }
  const release = parseId(path, custom['cid'])
  if (
    !hasKeys(file.hashes, ['sha256']) ||
    file.hashes['sha256'] !== Buffer.from(blockDigest(release)).toString('hex')
  ) {
    refuse('target-hashes', path, 'its one hash is not the sha256 in its cid')
  }
  if (!isCount(file.length, BLOCK_BYTES_MAX))
    refuse('target-length', path, `it is longer than ${BLOCK_BYTES_MAX} bytes`)
  return { ...names, counter, release, rootBytes: file.length }
}

function readPath(path: string): ExactTarget {
  const match = /^([^/]+)\/([^/]+)\/([^/]+)\/([^/]+)\.release$/.exec(path)
  if (match === null) refuse('target-path', path, 'it is not product/channel/version/platform.release')
  const [, product = '', channel = '', version = '', platform = ''] = match
  try {
    return {
      product: parseName(product, 'product'),
      channel: parseName(channel, 'channel'),
      version: parseVersion(version),
      platform: parseName(platform, 'platform'),
    }
  } catch (error) {
    refuse('target-path', path, (error as Error).message, error)
  }
}

function parseId(path: string, text: string): ReleaseId {
  try {
    return parseReleaseId(text)
  } catch (error) {
    refuse('target-custom', path, 'the cid is not the id of a release', error)
  }
}

function refuse(rule: Rule<'TARGET_INVALID'>, path: string, message: string, cause?: unknown): never {
  throw new ReleaseError(
    'TARGET_INVALID',
    rule,
    `target ${quote(path)}: ${message}`,
    cause === undefined ? {} : { cause },
  )
}
