import { createSigner } from '@shoal/release'
import {
  EXPIRES,
  FLEET,
  KEYS,
  common,
  encode as encodeJson,
  signedBy,
  type Json,
  type Map as JsonMap,
} from '../../trust/author.ts'
import { encode, join, type Value } from './cbor.ts'
import { base58 } from './base58.ts'
import { sha256 } from './seeded.ts'
import type { Vector } from './write.ts'

const DEVICE = createSigner(sha256('shoal/vector/device-key'))
const OTHER = createSigner(sha256('shoal/vector/other-key'))
/** Protobuf of an ed25519 key, in an identity multihash. */
const nameOf = (key: Uint8Array): string => base58(join(Buffer.from('002408011220', 'hex'), key))
const NAME = nameOf(DEVICE.publicKey)

const ROLLOUT: JsonMap = {
  id: 'demo-stable-7',
  version: '1.1.0',
  state: 'running',
  rings: [
    { name: 'canary', match: { groups: ['canary'], labels: { tier: ['gold'] } }, percent: 100 },
    { name: 'half', match: {}, percent: 50 },
    { name: 'all', match: {}, percent: 100 },
  ],
  openedAtMs: [1_900_000_000_000, 1_900_000_060_000],
  spreadSeconds: 600,
  windows: [{ days: [1, 2, 3], fromMinute: 1320, toMinute: 120, zone: 'Europe/Warsaw' }],
  download: 'at-once',
  soakSeconds: 300,
  timeoutSeconds: 3600,
}
const CHANNEL: JsonMap = {
  product: 'demo',
  channel: 'stable',
  base: '1.0.0',
  steps: ['1.0.5'],
  withdrawn: [{ version: '1.0.9', rollout: 'demo-stable-6' }],
  rollout: ROLLOUT,
}

const document = (channels: Json, more: JsonMap = {}): string => {
  const signed = { ...common('targets'), targets: {}, 'x-shoal-policy': { channels }, ...more }
  return Buffer.from(signedBy(signed, KEYS.stranger)).toString()
}

export const validPolicies: Vector[] = [
  {
    name: 'rollout',
    why: 'one channel with a rollout of three rings, of which two are open',
    text: document([CHANNEL]),
    expect: { version: 1, expires: EXPIRES, channels: [CHANNEL] },
  },
  {
    name: 'nothing',
    why: 'no channel is staged, or nothing was ever rolled out',
    text: document([], { version: 9 }),
    expect: { version: 9, expires: EXPIRES, channels: [] },
  },
]

const bad = (name: string, why: string, text: string): Vector => ({
  ...{ name, why, code: 'POLICY_INVALID', rule: name.replace(/--.*/, '') },
  text,
})
const channel = (name: string, why: string, change: JsonMap): Vector =>
  bad(name, why, document([{ ...CHANNEL, ...change }]))
const rollout = (name: string, why: string, change: JsonMap): Vector =>
  channel(name, why, { rollout: { ...ROLLOUT, ...change } })
const ring = (name: string, why: string, change: JsonMap): Vector =>
  rollout(name, why, { rings: [{ name: 'one', match: {}, percent: 100, ...change }], openedAtMs: [] })
const window = (name: string, why: string, change: JsonMap): Vector =>
  rollout(name, why, { windows: [{ days: [1], fromMinute: 0, toMinute: 60, zone: 'UTC', ...change }] })

export const invalidPolicies: Vector[] = [
  bad(
    'policy-shape',
    'ordinary targets',
    Buffer.from(encodeJson({ signatures: [], signed: { ...common('targets'), targets: {} } })).toString(),
  ),
  bad(
    'policy-shape--extra',
    'something beside the channels',
    document([], { 'x-shoal-policy': { channels: [], more: 1 } }),
  ),
  channel('policy-shape--channel', 'an unknown key of a channel', { extra: 1 }),
  rollout('policy-shape--rollout', 'an unknown key of a rollout', { extra: 1 }),
  bad(
    'policy-targets',
    'it offers a target',
    document([], { targets: { 'demo/stable/1/any.release': { length: 1, hashes: { sha256: 'aa' } } } }),
  ),
  bad('policy-targets--delegates', 'it delegates', document([], { delegations: { keys: {}, roles: [] } })),
  bad('policy-channels', 'a channel twice', document([CHANNEL, CHANNEL])),
  bad(
    'policy-channels--many',
    'more than 1,000 channels',
    document(
      Array.from({ length: 1_001 }, (_, at) => ({ product: 'demo', channel: `c${at}`, steps: [], withdrawn: [] })),
    ),
  ),
  channel('policy-names', 'a product in upper case', { product: 'Demo' }),
  channel('policy-versions', 'a base that climbs', { base: '..' }),
  channel('policy-versions--steps', 'a step twice', { steps: ['1.0', '1.0'] }),
  channel('policy-versions--many', 'more than 32 steps', { steps: Array.from({ length: 33 }, (_, at) => `1.${at}`) }),
  channel('policy-versions--withdrawn', 'a withdrawn version without its rollout', { withdrawn: ['1.0'] }),
  rollout('policy-rollout', 'an id with a slash', { id: 'demo/7' }),
  rollout('policy-rollout--state', 'an unknown state', { state: 'superseded' }),
  rollout('policy-rollout--download', 'an unknown way to download', { download: 'never' }),
  rollout('policy-rings', 'no ring', { rings: [], openedAtMs: [] }),
  rollout('policy-rings--twice', 'two rings of one name', {
    rings: [
      { name: 'a', match: {}, percent: 1 },
      { name: 'a', match: {}, percent: 1 },
    ],
  }),
  rollout('policy-rings--many', 'more than 16 rings', {
    rings: Array.from({ length: 17 }, (_, at) => ({ name: `r${at}`, match: {}, percent: 1 })),
  }),
  ring('policy-rings--percent', 'more than all of them', { percent: 101 }),
  ring('policy-match', 'an unknown kind', { match: { hours: ['1'] } }),
  ring('policy-match--none', 'a list that nobody matches', { match: { groups: [] } }),
  ring('policy-match--device', 'a device that is no peer id', { match: { devices: ['one'] } }),
  ring('policy-match--label', 'a label with a space', { match: { labels: { 'a b': ['c'] } } }),
  ring('policy-match--many', 'more than 256 groups', {
    match: { groups: Array.from({ length: 257 }, (_, at) => `g${at}`) },
  }),
  rollout('policy-opened', 'more open rings than there are', { openedAtMs: [1, 2, 3, 4] }),
  rollout('policy-opened--order', 'a ring before the one before it', { openedAtMs: [2, 1] }),
  window('policy-windows', 'a day that no week has', { days: [7] }),
  window('policy-windows--minute', 'a minute that no day has', { toMinute: 1440 }),
  window('policy-windows--zone', 'a zone that climbs', { zone: '../etc' }),
  rollout('policy-durations', 'a soak as long as the timeout', { soakSeconds: 3600 }),
  rollout('policy-durations--negative', 'a spread below nothing', { spreadSeconds: -1 }),
]

const SAID: Record<string, Value> = {
  fleet: FLEET,
  device: NAME,
  counter: 7,
  atMs: 1_900_000_000_000,
  site: 'waw-2',
  group: 'tills',
  labels: { tier: 'gold' },
  platform: 'linux-x64',
  agent: 'shoal-peer/0.1.0',
  product: 'demo',
  channel: 'stable',
  version: '1.1.0',
  state: 'activated',
}
const BYTES = { total: 100, reused: 10, patched: 0, origin: 20, lanPeers: 50, wanPeers: 10, cache: 10, wasted: 1 }
const FLOWS = [
  { site: 'waw-2', bytes: 50 },
  { site: 'lis-1', bytes: 12 },
  { site: '', bytes: 3 },
]
const CHECKS = [
  { check: 'daemon', verdict: 'ok', text: '0.1.0, up 3d 4h, device at site waw-2' },
  { check: 'lan discovery', verdict: 'warn', text: 'nobody of this site on 10.4.0.7/22; fix: open UDP 5353' },
  { check: 'disk', verdict: 'fail', text: '97.0 MB of 100 GB free at /srv/spiel-größe' },
  { check: 'inbound', verdict: 'unknown', text: '' },
]
const flow = (site: string, bytes: number) => ({ site, bytes })
const check = (change: Record<string, Value>) => [{ ...CHECKS[0], ...change }]
const said = (change: Record<string, Value> = {}): Uint8Array =>
  encode({ v: 1, type: 'shoal/report', ...SAID, ...change })

function sealed(signed: Uint8Array, { signer = DEVICE, domain = 'shoal/report/v1\0', more = {} } = {}): Uint8Array {
  return encode({ key: signer.publicKey, sig: signer.sign(join(Buffer.from(domain), signed)), signed, ...more })
}

const valid = (name: string, why: string, change: Record<string, Value>): Vector => ({
  ...{ name, why },
  bytes: sealed(said(change)),
  expect: { ...SAID, ...change },
})

const LONG = 'x'.repeat(64)
const many = <T>(length: number, make: (at: string) => T): T[] =>
  Array.from({ length }, (_, at) => make(String.fromCodePoint(97 + at)))
const SIZES = Object.fromEntries(Object.keys(BYTES).map((source) => [source, Number.MAX_SAFE_INTEGER]))
const LARGEST: Record<string, Value> = {
  ...{ counter: Number.MAX_SAFE_INTEGER, atMs: 253_402_300_799_999, state: 'downloaded', rollout: LONG },
  ...{ site: LONG, group: LONG, platform: LONG, agent: LONG, product: LONG, channel: LONG, version: LONG },
  labels: Object.fromEntries(many(16, (at) => [at.padEnd(64, 'x'), LONG])),
}
const LONG_FLOWS = many(16, (at) => flow(at.padEnd(64, 'x'), 1_125_899_906_842_623))
const LONG_CHECKS = many(16, (at) => ({ check: at.padEnd(24, 'x'), verdict: 'unknown', text: 'x'.repeat(240) }))

export const validReports: Vector[] = [
  valid('activated', 'by a rollout', { rollout: 'demo-stable-7' }),
  valid('downloaded', 'with where the bytes came from', {
    state: 'downloaded',
    rollout: 'demo-stable-7',
    bytes: BYTES,
  }),
  valid('downloaded--flows', 'with the sites that neighbours sent from; 5 bytes came from further ones', {
    state: 'downloaded',
    bytes: BYTES,
    flows: FLOWS,
  }),
  valid('downloaded--alone', 'from no neighbour', {
    state: 'downloaded',
    bytes: { ...BYTES, lanPeers: 0, wanPeers: 0, cache: 0 },
    flows: [],
  }),
  valid('present--checks', 'with what the doctor found', { state: 'present', checks: CHECKS }),
  valid('downloaded--largest', 'everything as long as it may be', { ...LARGEST, bytes: SIZES, flows: LONG_FLOWS }),
  valid('failed--largest', 'everything as long as it may be', {
    ...{ ...LARGEST, state: 'failed', code: 'X'.repeat(64) },
    checks: LONG_CHECKS,
  }),
  valid('failed', 'with a code', { state: 'failed', rollout: 'demo-stable-7', code: 'HEALTH_CHECK' }),
  valid('present', 'a device without a site, group or labels', { state: 'present', site: '', group: '', labels: {} }),
]

const refused = (name: string, why: string, bytes: Uint8Array): Vector => ({
  ...{ name, why, code: 'REPORT_INVALID', rule: name.replace(/--.*/, '') },
  bytes,
})
const says = (name: string, why: string, change: Record<string, Value>): Vector =>
  refused(name, why, sealed(said(change)))
const SIG = DEVICE.sign(join(Buffer.from('shoal/report/v1\0'), said()))

export const invalidReports: Vector[] = [
  refused('report-size', 'more than 8 KiB', new Uint8Array(8193).fill(1)),
  refused('report-envelope', 'no CBOR', Buffer.from('ff', 'hex')),
  refused('report-envelope--extra', 'an unknown key', sealed(said(), { more: { extra: 1 } })),
  refused('report-key', 'signed by another device', sealed(said(), { signer: OTHER })),
  refused(
    'report-signature',
    'a signature of other bytes',
    encode({ key: DEVICE.publicKey, sig: SIG, signed: said({ counter: 8 }) }),
  ),
  refused(
    'report-signature--domain',
    'signed for another purpose',
    sealed(said(), { domain: 'shoal/credential/v1\0' }),
  ),
  says('report-shape', 'an unknown key', { extra: 1 }),
  says('report-shape--type', 'another type', { type: 'shoal/credential' }),
  says('report-fleet', 'a fleet of 31 digits', { fleet: FLEET.slice(1) }),
  says('report-device', 'the id of an RSA key', { device: 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N' }),
  says('report-counter', 'a counter of 0', { counter: 0 }),
  says('report-time', 'before 1970', { atMs: -1 }),
  says('report-names', 'a site with a space', { site: 'waw 2' }),
  says('report-names--agent', 'an agent of two lines', { agent: 'a\nb' }),
  says('report-target', 'a product in upper case', { product: 'Demo' }),
  says('report-labels', 'a label with a space', { labels: { 'a b': 'c' } }),
  says('report-labels--many', 'more than 16 labels', {
    labels: Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`l${at}`, 'x'])),
  }),
  says('report-state', 'an unknown state', { state: 'done' }),
  says('report-rollout', 'an id with a slash', { rollout: 'demo/7' }),
  says('report-code', 'a failure without a code', { state: 'failed' }),
  says('report-code--healthy', 'a code of what did not fail', { state: 'healthy', code: 'NONE' }),
  says('report-bytes', 'bytes of what is no download', { bytes: BYTES }),
  says('report-bytes--negative', 'fewer than no bytes', { state: 'downloaded', bytes: { ...BYTES, cache: -1 } }),
  says('report-flows', 'more than neighbours sent', { state: 'downloaded', bytes: BYTES, flows: [flow('waw-2', 71)] }),
  says('report-flows--alone', 'flows of no bytes', { state: 'downloaded', flows: [] }),
  says('report-flows--twice', 'a site twice', {
    ...{ state: 'downloaded', bytes: BYTES },
    flows: [flow('waw-2', 1), flow('waw-2', 2)],
  }),
  says('report-flows--many', 'more than 16 sites', {
    ...{ state: 'downloaded', bytes: BYTES },
    flows: many(17, (at) => flow(at, 1)),
  }),
  says('report-flows--site', 'a site with a space', { state: 'downloaded', bytes: BYTES, flows: [flow('waw 2', 1)] }),
  says('report-flows--negative', 'fewer than no bytes', {
    state: 'downloaded',
    bytes: BYTES,
    flows: [flow('lis', -1)],
  }),
  says('report-flows--extra', 'an unknown key', {
    ...{ state: 'downloaded', bytes: BYTES },
    flows: [{ ...flow('lis', 1), more: 1 }],
  }),
  says('report-checks', 'an unknown verdict', { checks: check({ verdict: 'FAIL' }) }),
  says('report-checks--downloaded', 'beside bytes', { state: 'downloaded', bytes: BYTES, checks: CHECKS }),
  says('report-checks--none', 'a doctor that looked at nothing', { checks: [] }),
  says('report-checks--twice', 'a check twice', { checks: [...check({}), ...check({})] }),
  says('report-checks--many', 'more than 16 checks', { checks: many(17, (at) => ({ ...CHECKS[0], check: at })) }),
  says('report-checks--name', 'a name in upper case', { checks: check({ check: 'Disk' }) }),
  says('report-checks--text', 'two lines', { checks: check({ text: 'a\nb' }) }),
  says('report-checks--direction', 'text that turns its direction', { checks: check({ text: 'a\u202eb' }) }),
  says('report-checks--long', 'more than 240 bytes of text', { checks: check({ text: 'ö'.repeat(121) }) }),
  says('report-checks--extra', 'an unknown key', { checks: check({ fix: 'none' }) }),
]
