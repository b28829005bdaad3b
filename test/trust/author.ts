/**
 * Metadata made by hand, also such as no publisher would make: for vectors, and for attackers who hold a key. Its canonical JSON is
 * its own, so it also holds the library that the project signs with to a second reading of the specification.
 */
import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto'
import { blockIdOf } from '@shoal/release'

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export type Map = { [key: string]: Json }

export interface Key {
  id: string
  /** As metadata lists it. */
  listed: Map
  sign(bytes: Uint8Array): string
}

const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

export function keyOfSeed(seed: string): Key {
  const secret = createHash('sha256').update(`shoal/test/${seed}`).digest()
  return keyOf(createPrivateKey({ key: Buffer.concat([PKCS8, secret]), format: 'der', type: 'pkcs8' }))
}

export function keyOf(key: KeyObject): Key {
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex')
  const listed = { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: publicKey } }
  const id = createHash('sha256').update(canonical(listed)).digest('hex')
  return { id, listed, sign: (bytes) => sign(null, bytes, key).toString('hex') }
}

/** OLPC canonical JSON: sorted keys, no spaces, only quote and backslash escaped. */
export function canonical(value: Json): string {
  if (typeof value === 'string') return `"${value.replace(/["\\]/g, '\\$&')}"`
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const pairs = Object.keys(value)
    .sort()
    .map((key) => `${canonical(key)}:${canonical(value[key] ?? null)}`)
  return `{${pairs.join(',')}}`
}

export function signedBy(signed: Map, ...keys: Key[]): Uint8Array {
  const bytes = Buffer.from(canonical(signed))
  return encode({ signatures: keys.map((key) => ({ keyid: key.id, sig: key.sign(bytes) })), signed })
}

export function encode(document: Json): Uint8Array {
  return new Uint8Array(Buffer.from(JSON.stringify(document)))
}

/** One key a role, named after it. */
export const KEYS = {
  root: keyOfSeed('root'),
  targets: keyOfSeed('targets'),
  release: keyOfSeed('release'),
  snapshot: keyOfSeed('snapshot'),
  timestamp: keyOfSeed('timestamp'),
  stranger: keyOfSeed('stranger'),
}

export const FLEET = '00112233445566778899aabbccddeeff'
export const EXPIRES = '2040-01-01T00:00:00Z'
const ROLE = 'rel-demo-stable'
const PATH = 'demo/stable/1.0.0/any.release'

/** What changes in one of the signed parts. */
export interface Changes {
  root?: Map
  timestamp?: Map
  snapshot?: Map
  targets?: Map
  release?: Map
}

export const common = (type: string, change: Map = {}): Map => ({
  _type: type,
  spec_version: '1.0.34',
  version: 1,
  expires: EXPIRES,
  ...change,
})

const role = (key: Key): Map => ({ keyids: [key.id], threshold: 1 })

export function rootSigned(change: Map = {}): Map {
  const { root, targets, snapshot, timestamp } = KEYS
  const keys = Object.fromEntries([root, targets, snapshot, timestamp].map((key) => [key.id, key.listed]))
  return {
    ...common('root'),
    consistent_snapshot: true,
    keys,
    roles: { root: role(root), targets: role(targets), snapshot: role(snapshot), timestamp: role(timestamp) },
    'x-shoal': { fleet: FLEET, members: 'open' },
    ...change,
  }
}

export function targetsSigned(change: Map = {}): Map {
  const delegated = { name: ROLE, terminating: true, paths: ['demo/stable/*/*.release'], ...role(KEYS.release) }
  const delegations = { keys: { [KEYS.release.id]: KEYS.release.listed }, roles: [delegated] }
  return { ...common('targets'), targets: {}, delegations, ...change }
}

export const RELEASE = blockIdOf(Buffer.from('a release'))
export const RELEASE_BYTES = 'a release'.length

export function releaseTarget(counter = 1): Map {
  const sha256 = createHash('sha256').update('a release').digest('hex')
  return { length: RELEASE_BYTES, hashes: { sha256 }, custom: { counter, cid: RELEASE } }
}

export function releaseSigned(change: Map = {}): Map {
  return { ...common('targets'), targets: { [PATH]: releaseTarget() }, ...change }
}

export function metaOf(bytes: Uint8Array, version: number): Map {
  return { version, length: bytes.length, hashes: { sha256: createHash('sha256').update(bytes).digest('hex') } }
}

function versionOf(signed: Map): number {
  return Number(signed['version'])
}

/** A whole repository with one release, each part changed as told and signed by its own key. Files by name, root and all. */
export function repository(changes: Changes = {}): Record<string, Uint8Array> {
  const root = rootSigned(changes.root)
  const targets = targetsSigned(changes.targets)
  const release = releaseSigned(changes.release)
  const targetsBytes = signedBy(targets, KEYS.targets)
  const releaseBytes = signedBy(release, KEYS.release)
  const meta = {
    'targets.json': metaOf(targetsBytes, versionOf(targets)),
    [`${ROLE}.json`]: metaOf(releaseBytes, versionOf(release)),
  }
  const snapshot = { ...common('snapshot'), meta, ...changes.snapshot }
  const snapshotBytes = signedBy(snapshot, KEYS.snapshot)
  const announced = { 'snapshot.json': metaOf(snapshotBytes, versionOf(snapshot)) }
  return {
    [`${versionOf(root)}.root.json`]: signedBy(root, KEYS.root),
    [`${versionOf(targets)}.targets.json`]: targetsBytes,
    [`${versionOf(release)}.${ROLE}.json`]: releaseBytes,
    [`${versionOf(snapshot)}.snapshot.json`]: snapshotBytes,
    'timestamp.json': signedBy({ ...common('timestamp'), meta: announced, ...changes.timestamp }, KEYS.timestamp),
  }
}
