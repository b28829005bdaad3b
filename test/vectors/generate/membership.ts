import { createSigner } from '@shoal/release'
import { encode, join, raw, type Value } from './cbor.ts'
import { sha256 } from './seeded.ts'
import type { Vector } from './write.ts'

type Map = Record<string, Value>
const KEY = createSigner(sha256('shoal/vector/enrolment-key'))
const OTHER = createSigner(sha256('shoal/vector/other-key'))
const FLEET = '00112233445566778899aabbccddeeff'
const PEER = `12D3KooW${'A'.repeat(44)}`
const LATER_PEER = `12D3KooW${'B'.repeat(44)}`
const DOMAINS = { credential: 'shoal/credential/v1\0', revocations: 'shoal/revocations/v1\0' }
type Kind = keyof typeof DOMAINS

function envelope(
  kind: Kind,
  signed: Uint8Array,
  { signer = KEY, domain = DOMAINS[kind], more = {} } = {},
): Uint8Array {
  const sig = signer.sign(join(Buffer.from(domain), signed))
  return encode({ key: signer.publicKey, sig, signed, ...more })
}

function invalid(kind: Kind, name: string, why: string, bytes: Uint8Array): Vector {
  const code = kind === 'credential' ? 'CREDENTIAL_INVALID' : 'REVOCATIONS_INVALID'
  return { name, why, code, rule: name.replace(/--.*/, ''), keys: [KEY.publicKey], bytes }
}

/** What goes wrong before it matters what is signed. */
function envelopes(kind: Kind, bytesMax: number, good: Uint8Array): Vector[] {
  const bad = (name: string, why: string, bytes: Uint8Array): Vector => invalid(kind, `${kind}-${name}`, why, bytes)
  const sig = KEY.sign(join(Buffer.from(DOMAINS[kind]), good))
  return [
    bad('size', `more than ${bytesMax} bytes`, new Uint8Array(bytesMax + 1).fill(1)),
    bad('envelope', 'no CBOR', Buffer.from('ff', 'hex')),
    bad('envelope--trailing', 'bytes after the envelope', join(envelope(kind, good), Uint8Array.of(0))),
    bad('envelope--extra', 'an unknown key', envelope(kind, good, { more: { extra: 1 } })),
    bad('envelope--short', 'a signature of 63 bytes', encode({ key: KEY.publicKey, sig: sig.slice(1), signed: good })),
    bad('envelope--signed', 'what is signed is a map', encode({ key: KEY.publicKey, sig, signed: {} })),
    bad('key', 'signed by another key', envelope(kind, good, { signer: OTHER })),
    bad(
      'signature',
      'a signature of other bytes',
      encode({ key: KEY.publicKey, sig, signed: join(good, Uint8Array.of(0)) }),
    ),
    bad('signature--domain', 'signed for another purpose', envelope(kind, good, { domain: 'shoal/other/v1\0' })),
  ]
}

function credential(change: Map = {}): Uint8Array {
  const names = { fleet: FLEET, peer: PEER, site: 'waw-2', group: 'tills', role: 'device' }
  return encode({ v: 1, type: 'shoal/credential', ...names, issued: 1_000_000, expires: 1_604_800, ...change })
}

const says = (name: string, why: string, change: Map): Vector =>
  invalid('credential', name, why, envelope('credential', credential(change)))

export const validCredentials: Vector[] = [
  {
    name: 'device',
    why: 'a device of a site',
    keys: [OTHER.publicKey, KEY.publicKey],
    bytes: envelope('credential', credential()),
    expect: {
      fleet: FLEET,
      peer: PEER,
      site: 'waw-2',
      group: 'tills',
      role: 'device',
      issued: 1_000_000,
      expires: 1_604_800,
    },
  },
  {
    name: 'tracker',
    why: 'without site and group, for as long as may be',
    keys: [KEY.publicKey],
    bytes: envelope('credential', credential({ site: '', group: '', role: 'tracker', issued: 0, expires: 31_622_400 })),
    expect: { fleet: FLEET, peer: PEER, site: '', group: '', role: 'tracker', issued: 0, expires: 31_622_400 },
  },
]

export const invalidCredentials: Vector[] = [
  ...envelopes('credential', 1024, credential()),
  says('credential-shape', 'an unknown key', { extra: 1 }),
  says('credential-shape--type', 'another type', { type: 'shoal/revocations' }),
  says('credential-shape--version', 'a later version', { v: 2 }),
  says('credential-shape--integer', 'a time in more bytes than needed', { issued: raw('1b0000000000000001') }),
  says('credential-fleet', 'a fleet of 31 digits', { fleet: FLEET.slice(1) }),
  says('credential-peer', 'the id of an RSA key', { peer: 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N' }),
  says('credential-peer--alphabet', 'a letter that base58 does not have', { peer: `12D3KooW${'0'.repeat(44)}` }),
  says('credential-names', 'a site with a space', { site: 'waw 2' }),
  says('credential-names--length', 'a group of 65 letters', { group: 'g'.repeat(65) }),
  says('credential-role', 'an unknown role', { role: 'admin' }),
  says('credential-times', 'it expires when it is issued', { expires: 1_000_000 }),
  says('credential-times--long', 'more than 366 days', { expires: 1_000_000 + 366 * 86_400 + 1 }),
  says('credential-times--negative', 'issued before 1970', { issued: -1 }),
]

function revocations(change: Map = {}): Uint8Array {
  return encode({
    v: 1,
    type: 'shoal/revocations',
    fleet: FLEET,
    sequence: 2,
    issued: 1_000_000,
    revoked: [[PEER, 1_604_800]],
    ...change,
  })
}

const lists = (name: string, why: string, change: Map): Vector =>
  invalid('revocations', name, why, envelope('revocations', revocations(change)))

export const validRevocations: Vector[] = [
  {
    name: 'one',
    why: 'one peer is out',
    keys: [KEY.publicKey],
    bytes: envelope('revocations', revocations()),
    expect: { fleet: FLEET, sequence: 2, issued: 1_000_000, revoked: [{ peer: PEER, until: 1_604_800 }] },
  },
  {
    name: 'none',
    why: 'nobody is out any more',
    keys: [KEY.publicKey],
    bytes: envelope('revocations', revocations({ sequence: 9, revoked: [] })),
    expect: { fleet: FLEET, sequence: 9, issued: 1_000_000, revoked: [] },
  },
]

export const invalidRevocations: Vector[] = [
  ...envelopes('revocations', 262_144, revocations()),
  lists('revocations-shape', 'an unknown key', { extra: 1 }),
  lists('revocations-shape--type', 'another type', { type: 'shoal/credential' }),
  lists('revocations-fleet', 'a fleet in upper case', { fleet: FLEET.toUpperCase() }),
  lists('revocations-sequence', 'a sequence of 0', { sequence: 0 }),
  lists('revocations-issued', 'issued before 1970', { issued: -1 }),
  lists('revocations-count', 'a map instead of a list', { revoked: {} }),
  lists('revocations-count--many', 'more peers than may be listed', {
    revoked: Array.from({ length: 4097 }, () => ['', 0]),
  }),
  lists('revocations-entry', 'a peer without a time', { revoked: [[PEER]] }),
  lists('revocations-entry--peer', 'a peer that is none', { revoked: [['peer', 1]] }),
  lists('revocations-order', 'not in the order of peers', {
    revoked: [
      [LATER_PEER, 1],
      [PEER, 1],
    ],
  }),
  lists('revocations-order--twice', 'a peer twice', {
    revoked: [
      [PEER, 1],
      [PEER, 2],
    ],
  }),
]
