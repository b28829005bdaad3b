import { blockIdOf, createSigner } from '@shoal/release'
import { encode, join, link, raw, type Value } from './cbor.ts'
import { sha256 } from './seeded.ts'
import type { Vector } from './write.ts'

type Map = Record<string, Value>
const KEY = createSigner(sha256('shoal/vector/signing-key'))
const OTHER = createSigner(sha256('shoal/vector/other-key'))
const FLEET = '00112233445566778899aabbccddeeff'
const RELEASE = blockIdOf(Buffer.from('a release'))
const WANTED = { product: 'demo', channel: 'stable', platform: 'linux-x64' }

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const key = (signer: typeof KEY) => ({ keyid: signer.keyId, scheme: 'ed25519', public: hex(signer.publicKey) })
const ROOT = { v: 1, type: 'shoal/root', fleet: FLEET, keys: [key(KEY)] }

function statement(change: Map = {}): Uint8Array {
  const names = { ...WANTED, fleet: FLEET, version: '1.0.0' }
  return encode({ v: 1, type: 'shoal/statement', ...names, counter: 7, release: link(RELEASE), size: 12345, ...change })
}

interface Signature extends Map {
  keyid: string
  sig: Uint8Array
}

function signature(signed: Uint8Array, signer = KEY, domain = 'shoal/statement/v1\0'): Signature {
  return { keyid: signer.keyId, sig: signer.sign(join(Buffer.from(domain), signed)) }
}

function envelope(signed: Uint8Array, signatures: Value = [signature(signed)], more: Map = {}): Uint8Array {
  return encode({ signed, signatures, ...more })
}

function invalid(code: string, name: string, why: string, bytes: Uint8Array): Vector {
  return { name, why, code, rule: name.replace(/--.*/, ''), root: ROOT, wanted: WANTED, bytes }
}

const bad = (name: string, why: string, bytes: Uint8Array): Vector => invalid('STATEMENT_INVALID', name, why, bytes)
const says = (name: string, why: string, change: Map): Vector => bad(name, why, envelope(statement(change)))
const other = (name: string, change: Map): Vector =>
  invalid(
    'STATEMENT_MISMATCH',
    name,
    'signed, but about something else than what is wanted',
    envelope(statement(change)),
  )

const GOOD = statement()
const BOTH = [signature(GOOD), signature(GOOD, OTHER)].sort((a, b) => (a.keyid < b.keyid ? -1 : 1))
const SAYS = { ...WANTED, fleet: FLEET, version: '1.0.0', counter: 7, release: RELEASE, sizeBytes: 12345 }

export const validStatements: Vector[] = [
  {
    name: 'one-signature',
    why: 'signed by the key of the root',
    root: ROOT,
    wanted: WANTED,
    bytes: envelope(GOOD),
    expect: SAYS,
  },
  {
    name: 'second-key',
    why: 'a signature by a key that the root does not know changes nothing',
    root: ROOT,
    wanted: { ...WANTED, version: '1.0.0' },
    bytes: envelope(GOOD, BOTH),
    expect: SAYS,
  },
]

export const invalidStatements: Vector[] = [
  bad('statement-size', 'more than 8 KiB', new Uint8Array(8193)),
  bad('envelope-cbor', 'no CBOR', Buffer.from('ff', 'hex')),
  bad('envelope-cbor--trailing', 'bytes after the envelope', join(envelope(GOOD), Uint8Array.of(0))),
  bad('envelope-shape', 'an unknown key', envelope(GOOD, undefined, { extra: 1 })),
  bad(
    'envelope-shape--signed',
    'what is signed is a map, not bytes',
    encode({ signed: {}, signatures: [signature(GOOD)] }),
  ),
  bad('envelope-signatures', 'no signature', envelope(GOOD, [])),
  bad(
    'envelope-signatures--many',
    'nine signatures',
    envelope(
      GOOD,
      Array.from({ length: 9 }, () => signature(GOOD)),
    ),
  ),
  bad('envelope-signatures--twice', 'one key signs twice', envelope(GOOD, [signature(GOOD), signature(GOOD)])),
  bad('envelope-signatures--order', 'not in the order of key ids', envelope(GOOD, BOTH.toReversed())),
  bad(
    'envelope-signatures--short',
    'a signature of 63 bytes',
    envelope(GOOD, [{ keyid: KEY.keyId, sig: new Uint8Array(63) }]),
  ),
  bad('statement-cbor', 'signed bytes that are no CBOR', envelope(Buffer.from('ff', 'hex'))),
  bad('statement-cbor--integer', 'a counter in more bytes than needed', envelope(statement({ counter: raw('1807') }))),
  says('statement-shape', 'an unknown key', { extra: 1 }),
  says('statement-shape--type', 'another type', { type: 'shoal/other' }),
  says('statement-shape--version', 'a later version', { v: 2 }),
  says('statement-names', 'a product that leaves its folder', { product: '..' }),
  says('statement-names--fleet', 'a fleet of 31 digits', { fleet: FLEET.slice(1) }),
  says('statement-names--type', 'a version that is a number', { version: 1 }),
  says('statement-counter', 'a counter of 0', { counter: 0 }),
  says('statement-release', 'a release that is text', { release: RELEASE }),
  says('statement-release--codec', 'a release that is raw bytes', { release: link(RELEASE, 0x55) }),
  says('statement-bytes', 'more bytes than a release may have', { size: 2 ** 39 + 1 }),
  invalid(
    'SIGNATURE_INVALID',
    'signature-unknown',
    'signed by another key only',
    envelope(GOOD, [signature(GOOD, OTHER)]),
  ),
  invalid(
    'SIGNATURE_INVALID',
    'signature-wrong',
    'a signature of other bytes',
    envelope(GOOD, [signature(statement({ counter: 8 }))]),
  ),
  invalid(
    'SIGNATURE_INVALID',
    'signature-wrong--domain',
    'signed for another purpose',
    envelope(GOOD, [signature(GOOD, KEY, '')]),
  ),
  other('other-fleet', { fleet: 'f'.repeat(32) }),
  other('other-product', { product: 'other' }),
  other('other-channel', { channel: 'beta' }),
  other('other-platform', { platform: 'win32-x64' }),
  { ...other('other-version', { version: '2.0.0' }), wanted: { ...WANTED, version: '1.0.0' } },
]

function trust(name: string, why: string, content: unknown): Vector {
  const text = typeof content === 'string' ? content : JSON.stringify(content)
  return { name, why, code: 'ROOT_INVALID', rule: name.replace(/--.*/, ''), text }
}

const EXPECT = { fleet: FLEET, keys: [{ keyId: KEY.keyId, publicKey: hex(KEY.publicKey) }] }

export const validRoots: Vector[] = [
  { name: 'written', why: 'as it is written', text: `${JSON.stringify(ROOT, null, 2)}\n`, expect: EXPECT },
  { name: 'compact', why: 'white space does not matter', text: JSON.stringify(ROOT), expect: EXPECT },
  {
    name: 'crlf',
    why: 'nor do line ends',
    text: JSON.stringify(ROOT, null, 4).replaceAll('\n', '\r\n'),
    expect: EXPECT,
  },
]

export const invalidRoots: Vector[] = [
  trust('trust-size', 'more than 64 KiB', ' '.repeat(65_537)),
  trust('trust-json', 'not JSON', '{'),
  trust('trust-shape', 'an array', []),
  trust('trust-shape--key', 'an unknown key', { ...ROOT, extra: 1 }),
  trust('trust-shape--version', 'a later version', { ...ROOT, v: 2 }),
  trust('trust-fleet', 'a fleet in upper case', { ...ROOT, fleet: FLEET.toUpperCase() }),
  trust('trust-keys', 'no key', { ...ROOT, keys: [] }),
  trust('trust-keys--twice', 'one key twice', { ...ROOT, keys: [key(KEY), key(KEY)] }),
  trust('trust-key', 'another scheme', { ...ROOT, keys: [{ ...key(KEY), scheme: 'rsa' }] }),
  trust('trust-key--short', 'a key of 31 bytes', {
    ...ROOT,
    keys: [{ ...key(KEY), public: hex(KEY.publicKey.slice(1)) }],
  }),
  trust('trust-key-id', 'the key id of another key', { ...ROOT, keys: [{ ...key(KEY), keyid: OTHER.keyId }] }),
  trust('trust-form', 'a key twice in one map', JSON.stringify(ROOT).replace('{', '{"v":1,')),
  trust('trust-form--escape', 'an escaped character', JSON.stringify(ROOT).replace('shoal', '\\u0073hoal')),
]
