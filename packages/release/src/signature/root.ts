import { ReleaseError } from '../error.ts'
import { ROOT_BYTES_MAX, ROOT_KEYS_MAX } from '../limits.ts'
import { hasKeys, isRecord } from '../manifest/wire.ts'
import type { Rule } from '../rules.ts'
import { keyIdOf } from './key.ts'

/** What a device trusts from the start: the fleet and the keys that sign its releases. */
export interface TrustedRoot {
  /** 32 hex digits. */
  fleet: string
  keys: { keyId: string; publicKey: Uint8Array }[]
}

const TYPE = 'shoal/root'
const FLEET = /^[0-9a-f]{32}$/
const HEX_32_BYTES = /^[0-9a-f]{64}$/

export function encodeTrustedRoot(root: TrustedRoot): Uint8Array {
  return Buffer.from(`${JSON.stringify(toWire(root), null, 2)}\n`)
}

/** Reads root.json. White space is free, for editors change it; all else has one form. */
export function parseTrustedRoot(bytes: Uint8Array): TrustedRoot {
  if (bytes.length > ROOT_BYTES_MAX) refuse('trust-size', `it has ${bytes.length} bytes, more than ${ROOT_BYTES_MAX}`)
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  const value = parseJson(text)
  if (
    !isRecord(value) ||
    value['type'] !== TYPE ||
    value['v'] !== 1 ||
    !hasKeys(value, ['v', 'type', 'fleet', 'keys'])
  ) {
    refuse('trust-shape', `it is not a map of v, type, fleet and keys with type "${TYPE}" and v 1`)
  }
  const { fleet, keys } = value
  if (typeof fleet !== 'string' || !FLEET.test(fleet)) refuse('trust-fleet', 'fleet is not 32 hex digits')
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > ROOT_KEYS_MAX) {
    refuse('trust-keys', `it must list 1 to ${ROOT_KEYS_MAX} keys`)
  }
  const root: TrustedRoot = { fleet, keys: keys.map(parseKey) }
  if (new Set(root.keys.map((key) => key.keyId)).size !== keys.length) refuse('trust-keys', 'a key appears twice')
  // Duplicate keys, other orders and escapes would be read differently elsewhere.
  if (text.replace(/[ \t\r\n]/g, '') !== JSON.stringify(toWire(root))) {
    refuse('trust-form', 'keys are repeated, escaped or in another order than v, type, fleet, keys')
  }
  return root
}

function toWire(root: TrustedRoot): unknown {
  const keys = root.keys.map(({ keyId, publicKey }) => ({
    keyid: keyId,
    scheme: 'ed25519',
    public: Buffer.from(publicKey).toString('hex'),
  }))
  return { v: 1, type: TYPE, fleet: root.fleet, keys }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    refuse('trust-json', 'it is not JSON', error)
  }
}

function parseKey(value: unknown): TrustedRoot['keys'][number] {
  if (!isRecord(value) || !hasKeys(value, ['keyid', 'scheme', 'public']) || value['scheme'] !== 'ed25519') {
    refuse('trust-key', 'a key is not a map of keyid, scheme "ed25519" and public')
  }
  const hex = value['public']
  if (typeof hex !== 'string' || !HEX_32_BYTES.test(hex)) refuse('trust-key', 'a public key is not 64 hex digits')
  const publicKey = new Uint8Array(Buffer.from(hex, 'hex'))
  const keyId = keyIdOf(publicKey)
  if (value['keyid'] !== keyId) refuse('trust-key-id', `the key id of ${hex} must be ${keyId}`)
  return { keyId, publicKey }
}

function refuse(rule: Rule<'ROOT_INVALID'>, message: string, cause?: unknown): never {
  throw new ReleaseError('ROOT_INVALID', rule, `root: ${message}`, cause === undefined ? {} : { cause })
}
