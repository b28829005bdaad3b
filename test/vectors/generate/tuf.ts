import {
  encode,
  EXPIRES,
  FLEET,
  KEYS,
  releaseTarget,
  RELEASE,
  RELEASE_BYTES,
  repository,
  rootSigned,
  signedBy,
  targetsSigned,
} from '../../trust/author.ts'
import type { Json } from '../../trust/author.ts'
import type { Vector } from './write.ts'

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
const texts = (files: Record<string, Uint8Array>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, text(bytes)]))

function invalid(code: string, name: string, why: string, content: object): Vector {
  return { name, why, code, rule: name.replace(/--.*/, ''), ...content }
}

const bad = (name: string, why: string, document: string, kind = 'root'): Vector =>
  invalid('METADATA_INVALID', name, why, { kind, text: document })
const root = (name: string, why: string, change: { [key: string]: Json }): Vector =>
  bad(name, why, text(encode({ signatures: [], signed: rootSigned(change) })))

const GOOD = repository()
const ROOT = text(GOOD['1.root.json'] as Uint8Array)
const { targets } = KEYS

export const validMetadata: Vector[] = [
  { name: 'root', why: 'as it is written', kind: 'root', text: ROOT, expect: { version: 1, expires: EXPIRES } },
  {
    name: 'targets',
    why: 'delegates to a channel',
    kind: 'targets',
    text: text(GOOD['1.targets.json'] as Uint8Array),
    expect: { version: 1, expires: EXPIRES },
  },
  {
    name: 'unknown-fields',
    why: 'unknown fields are signed and otherwise ignored',
    kind: 'root',
    text: text(encode({ signatures: [], signed: rootSigned({ more: { deep: [1] } }), other: 1 })),
    expect: { version: 1, expires: EXPIRES },
  },
]

const twoNames = (names: string[]): string => {
  const role = { terminating: true, paths: ['*'], keyids: [targets.id], threshold: 1 }
  const delegations = { keys: { [targets.id]: targets.listed }, roles: names.map((name) => ({ name, ...role })) }
  return text(encode({ signatures: [], signed: targetsSigned({ delegations }) }))
}

const ofPattern = (pattern: string): string => {
  const role = { name: 'a', terminating: true, paths: [pattern], keyids: [targets.id], threshold: 1 }
  const delegations = { keys: { [targets.id]: targets.listed }, roles: [role] }
  return text(encode({ signatures: [], signed: targetsSigned({ delegations }) }))
}

const tooMany = Object.fromEntries(Array.from({ length: 1_001 }, (_, at) => [`r${at}`, 1]))
const snapshotOf = (meta: Json): string =>
  text(encode({ signatures: [], signed: { ...targetsSigned(), _type: 'snapshot', meta } }))
const targetsOf = (all: Json): string => text(encode({ signatures: [], signed: targetsSigned({ targets: all }) }))

export const invalidMetadata: Vector[] = [
  bad('metadata-size', 'more than 64 KiB', ' '.repeat(65_537)),
  bad('metadata-size--meta', 'a snapshot of more than 1,000 roles', snapshotOf(tooMany), 'snapshot'),
  bad('metadata-size--targets', 'more than 1,000 targets', targetsOf(tooMany), 'targets'),
  bad('metadata-json', 'not JSON', '{'),
  bad('metadata-depth', 'arrays in arrays', `{"signed":${'['.repeat(40)}${']'.repeat(40)}}`),
  bad('metadata-keys', 'a key twice in one object', ROOT.replace('"version":1', '"version":1,"version":2')),
  bad(
    'metadata-keys--escape',
    'a key twice, once escaped',
    ROOT.replace('"version":1', '"version":1,"\\u0076ersion":2'),
  ),
  bad(
    'metadata-keys--prototype',
    'a key that JavaScript gives a meaning',
    ROOT.replace('"version":1', '"version":1,"__proto__":{}'),
  ),
  bad('metadata-shape', 'an array', '[]'),
  bad('metadata-shape--type', 'a root where targets belong', ROOT, 'targets'),
  root('metadata-shape--roles', 'a top-level role is missing', { roles: {} }),
  root('metadata-version', 'version 0', { version: 0 }),
  root('metadata-version--fraction', 'half a version', { version: 1.5 }),
  root('metadata-expires', 'no date: a lax parser would never let it expire', { expires: 'never' }),
  root('metadata-expires--zone', 'a time without a zone', { expires: '2040-01-01T00:00:00' }),
  root('metadata-public-keys', 'one public key under two ids', { keys: { a: targets.listed, b: targets.listed } }),
  bad('metadata-roles', 'a role that is delegated to twice', twoNames(['a', 'a']), 'targets'),
  bad('metadata-roles--number', 'names that a map puts into another order', twoNames(['2', '1']), 'targets'),
  bad('metadata-roles--braces', 'a pattern that stands for a million others', ofPattern('{1..1000000}'), 'targets'),
  bad('metadata-roles--stars', 'a pattern that takes long to be matched', ofPattern('*a*a*a*b'), 'targets'),
  bad('metadata-roles--prototype', 'a name that every object has', twoNames(['constructor']), 'targets'),
]

const signedRoot = (change: { [key: string]: Json }): string => text(signedBy(rootSigned(change), KEYS.root))
const fleet = (name: string, why: string, field: Json): Vector =>
  invalid('METADATA_INVALID', name, why, { text: signedRoot({ 'x-shoal': field }) })
const ENROLMENT = KEYS.stranger.listed['keyval'] as { public: string }

export const validRoots: Vector[] = [
  { name: 'open', why: 'an open fleet', text: ROOT, expect: { fleet: FLEET, version: 1 } },
  {
    name: 'private',
    why: 'a private fleet, with the key that lets members in',
    text: signedRoot({ 'x-shoal': { fleet: FLEET, members: { enrolment: [ENROLMENT.public] } } }),
    expect: { fleet: FLEET, version: 1, enrolmentKeys: [ENROLMENT.public] },
  },
]

export const invalidRoots: Vector[] = [
  fleet('metadata-fleet', 'root of another project', 'none'),
  fleet('metadata-fleet--upper', 'a fleet in upper case', { fleet: FLEET.toUpperCase(), members: 'open' }),
  fleet('metadata-fleet--members', 'members that are neither open nor by enrolment', {
    fleet: FLEET,
    members: 'closed',
  }),
  fleet('metadata-fleet--none', 'a private fleet that nobody can enter', { fleet: FLEET, members: { enrolment: [] } }),
]

const PATH = 'demo/stable/1.0.0/any.release'
const target = (name: string, why: string, path: string, change: { [key: string]: Json } = {}): Vector =>
  invalid('TARGET_INVALID', name, why, { path, file: { ...releaseTarget(), ...change } })

export const validTargets: Vector[] = [
  {
    name: 'release',
    why: 'a release of a channel',
    path: PATH,
    file: releaseTarget(7),
    expect: {
      product: 'demo',
      channel: 'stable',
      version: '1.0.0',
      platform: 'any',
      counter: 7,
      release: RELEASE,
      rootBytes: RELEASE_BYTES,
    },
  },
]

export const invalidTargets: Vector[] = [
  target('target-path', 'a path of three parts', 'demo/stable/any.release'),
  target('target-path--climb', 'a version that leaves its folder', 'demo/stable/../any.release'),
  target('target-custom', 'no custom', PATH, { custom: {} }),
  target('target-custom--cid', 'a cid that is none', PATH, { custom: { counter: 1, cid: 'x' } }),
  target('target-counter', 'a counter of 0', PATH, { custom: { counter: 0, cid: RELEASE } }),
  target('target-hashes', 'a hash of other bytes', PATH, { hashes: { sha256: '0'.repeat(64) } }),
  target('target-hashes--two', 'a second hash', PATH, {
    hashes: { ...(releaseTarget()['hashes'] as object), sha512: '00' },
  }),
  target('target-length', 'longer than a block may be', PATH, { length: 2 ** 21 + 1 }),
]

const signedOf = (bytes: Uint8Array): { [key: string]: Json } =>
  (JSON.parse(text(bytes)) as { signed: { [key: string]: Json } }).signed

const NOW = '2030-01-01T00:00:00Z'
/** What was kept from before, what is to be had now, and at which time. */
const scene = (files: Record<string, Uint8Array>, stored: Record<string, Uint8Array> = {}): object => ({
  root: ROOT,
  stored: texts(stored),
  files: texts(files),
  now: NOW,
})
const untrusted = (
  name: string,
  why: string,
  files: Record<string, Uint8Array>,
  stored?: Record<string, Uint8Array>,
): Vector => invalid('METADATA_UNTRUSTED', name, why, scene(files, stored))

const NEWER = repository({ timestamp: { version: 2 }, snapshot: { version: 2 } })
const bySnapshot = (files: Record<string, Uint8Array>): Record<string, Uint8Array> => ({
  snapshot: files['1.snapshot.json'] as Uint8Array,
  timestamp: files['timestamp.json'] as Uint8Array,
})
const MISSING = signedBy(
  { _type: 'snapshot', spec_version: '1.0.34', version: 2, expires: EXPIRES, meta: {} },
  KEYS.snapshot,
)
const announcing = (snapshot: Uint8Array): Uint8Array =>
  signedBy(
    {
      _type: 'timestamp',
      spec_version: '1.0.34',
      version: 2,
      expires: EXPIRES,
      meta: { 'snapshot.json': { version: 2, length: snapshot.length } },
    },
    KEYS.timestamp,
  )

export const validRefreshes: Vector[] = [
  {
    name: 'first',
    why: 'from the trusted root alone',
    ...scene(GOOD),
    expect: { root: 1, timestamp: 1, snapshot: 1, targets: 1, 'rel-demo-stable': 1 },
  },
  {
    name: 'newer',
    why: 'a newer timestamp and snapshot',
    ...scene(NEWER, bySnapshot(GOOD)),
    expect: { root: 1, timestamp: 2, snapshot: 2, targets: 1, 'rel-demo-stable': 1 },
  },
  {
    name: 'rotation',
    why: 'a second root that the first one vouches for',
    ...scene({ ...GOOD, '2.root.json': signedBy(rootSigned({ version: 2 }), KEYS.root) }),
    expect: { root: 2, timestamp: 1, snapshot: 1, targets: 1, 'rel-demo-stable': 1 },
  },
]

export const invalidRefreshes: Vector[] = [
  untrusted('metadata-signatures', 'a timestamp by another key', {
    ...GOOD,
    'timestamp.json': signedBy(signedOf(GOOD['timestamp.json'] as Uint8Array), KEYS.stranger),
  }),
  untrusted('metadata-signatures--root', 'a root that nobody trusted signed', {
    ...GOOD,
    '2.root.json': signedBy(rootSigned({ version: 2 }), KEYS.stranger),
  }),
  untrusted('metadata-rollback', 'a timestamp older than the one that was kept', GOOD, {
    timestamp: NEWER['timestamp.json'] as Uint8Array,
  }),
  untrusted('metadata-hash', 'a snapshot that is not the one in the timestamp', {
    ...GOOD,
    '1.snapshot.json': repository({ snapshot: { more: 1 } })['1.snapshot.json'] as Uint8Array,
  }),
  untrusted(
    'metadata-inconsistent',
    'a snapshot that leaves out what an earlier one had',
    { ...GOOD, '2.snapshot.json': MISSING, 'timestamp.json': announcing(MISSING) },
    bySnapshot(GOOD),
  ),
  untrusted('metadata-missing', 'nobody has a timestamp', {}),
  untrusted('metadata-other-fleet', 'a root that names another fleet', {
    ...GOOD,
    '2.root.json': signedBy(
      rootSigned({ version: 2, 'x-shoal': { fleet: 'f'.repeat(32), members: 'open' } }),
      KEYS.root,
    ),
  }),
  invalid(
    'METADATA_EXPIRED',
    'metadata-expired',
    'a timestamp that is out of date',
    scene(repository({ timestamp: { expires: '2029-12-31T23:59:59Z' } })),
  ),
]
