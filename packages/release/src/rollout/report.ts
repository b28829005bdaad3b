/** A report: a device's signed word about a release on it. */
import { base58btc } from 'multiformats/bases/base58'
import { ReleaseError } from '../error.ts'
import { createVerifyAside } from '../key.ts'
import { CHECKS_MAX, FLOWS_MAX, REPORT_BYTES_MAX } from '../limits.ts'
import { decodeCanonical, encode, hasKeys, isCount, isRecord } from '../manifest/wire.ts'
import {
  openSelfSigned,
  openSelfSignedAside,
  sealSigned,
  type EnrolmentSigner,
  type Purpose,
} from '../membership/envelope.ts'
import { isFleet, isMemberName, isPeerName } from '../membership/fields.ts'
import type { Rule } from '../rules.ts'
import { areChecks, type ReportCheck } from './checks.ts'
import { isAgent, isLabels, isName, isRolloutId, isVersion, TIME_MS_MAX } from './fields.ts'
import { areFlows, type ReportFlow } from './flows.ts'

export interface Report {
  fleet: string
  /** Text of the libp2p peer id whose key signs. */
  device: string
  /** Rises with every report of the device; at least 1. */
  counter: number
  /** Epoch ms, by the device's clock. */
  atMs: number
  /** What the device is now. Site and group may be empty. */
  site: string
  group: string
  labels: Readonly<Record<string, string>>
  platform: string
  agent: string
  product: string
  channel: string
  /** That the state speaks of: of `returned` the one that the device has again. */
  version: string
  /** By which rollout, if by any. */
  rollout?: string
  state: ReportState
  /** Of `failed`, and only there: why. */
  code?: string
  /** Where the bytes came from; only of `downloaded`. */
  bytes?: ReportBytes
  /** Of `bytes`, what neighbours of which site sent; only beside it. What is missing came from further sites. */
  flows?: readonly ReportFlow[]
  /** What the device's doctor found last, where that was not told before; never beside `bytes`. */
  checks?: readonly ReportCheck[]
}

/**
 * `present` has the version, told at start and once a day · `began` heard that it is its turn · `downloaded` · `activated` · `healthy` after the
 * soak · `failed` with a code · `returned` to the previous release.
 */
export const REPORT_STATES = ['present', 'began', 'downloaded', 'activated', 'healthy', 'failed', 'returned'] as const
export type ReportState = (typeof REPORT_STATES)[number]

export const REPORT_SOURCES = [
  'total',
  'reused',
  'patched',
  'origin',
  'lanPeers',
  'wanPeers',
  'cache',
  'wasted',
] as const
export type ReportBytes = Readonly<Record<(typeof REPORT_SOURCES)[number], number>>

const TYPE = 'shoal/report'
const KEYS = [
  'v',
  'type',
  'fleet',
  'device',
  'counter',
  'atMs',
  'site',
  'group',
  'labels',
  'platform',
  'agent',
  'product',
  'channel',
  'version',
  'state',
]
const OPTIONAL = ['rollout', 'code', 'bytes', 'flows', 'checks']
const CODE = /^[A-Z0-9_]{1,64}$/
const PURPOSE: Purpose = {
  domain: 'shoal/report/v1\0',
  bytesMax: REPORT_BYTES_MAX,
  refuse: (rule, message) => refuse(`report-${rule}`, message),
}

/** @throws ReleaseError REPORT_INVALID for what a reader would refuse */
export function signReport(report: Report, signer: EnrolmentSigner): Uint8Array {
  const signed = encode({ v: 1, type: TYPE, ...report })
  refuseOtherKey(decodeReport(signed), signer.publicKey)
  return sealSigned(PURPOSE, signed, signer)
}

/**
 * Reads a report that the device which it speaks of has signed.
 * @throws ReleaseError REPORT_INVALID
 */
export function verifyReport(bytes: Uint8Array): Report {
  return reportOf(openSelfSigned(PURPOSE, bytes))
}

/**
 * Reads reports as `verifyReport` does, for who has many to read: signatures are verified on other threads.
 * @param keysMax of how many devices the key is kept, for the next report
 */
export function createReportVerifier(keysMax: number): (bytes: Uint8Array) => Promise<Report> {
  const verify = createVerifyAside(keysMax)
  return async (bytes) => reportOf(await openSelfSignedAside(PURPOSE, bytes, verify))
}

function reportOf({ key, signed }: { key: Uint8Array; signed: Uint8Array }): Report {
  const report = decodeReport(signed)
  refuseOtherKey(report, key)
  return report
}

/** Text of the libp2p peer id of an ed25519 key: base58 of the identity multihash of the key in its protobuf. */
export function peerNameOf(publicKey: Uint8Array): string {
  return base58btc.baseEncode(Buffer.concat([IDENTITY, publicKey]))
}

const IDENTITY = Buffer.from('002408011220', 'hex')

function refuseOtherKey({ device }: Report, key: Uint8Array): void {
  if (peerNameOf(key) !== device) refuse('report-key', 'it is not signed by the key of the device that it speaks of')
}

function decodeReport(bytes: Uint8Array): Report {
  const value = decodeCanonical(bytes)
  if (!isRecord(value) || value['type'] !== TYPE || value['v'] !== 1 || !hasKeys(value, keysOf(value))) {
    refuse('report-shape', `the signed bytes are no canonical map of ${KEYS.join(', ')}, with type "${TYPE}" and v 1`)
  }
  const { fleet, device, counter, atMs, site, group, labels, platform, agent, product, channel, version } = value
  if (!isFleet(fleet)) refuse('report-fleet', 'the fleet is not 32 hex digits')
  if (!isPeerName(device)) refuse('report-device', 'the device is not the text of an ed25519 peer id')
  if (!isCount(counter, Number.MAX_SAFE_INTEGER) || counter === 0) {
    refuse('report-counter', 'the counter is not a whole number from 1 up to 2^53 - 1')
  }
  if (!isCount(atMs, TIME_MS_MAX)) refuse('report-time', 'the time is not in whole milliseconds since 1970')
  if (!isMemberName(site) || !isMemberName(group) || !isAgent(agent)) {
    refuse('report-names', 'site, group and agent are not up to 64 plain characters')
  }
  if (!isName(platform) || !isName(product) || !isName(channel) || !isVersion(version)) {
    refuse('report-target', 'product, channel, version and platform are no names of a release')
  }
  if (!isLabels(labels)) refuse('report-labels', 'the labels are not a map of plain names to plain values')
  const facts = { fleet, device, counter, atMs, site, group, labels, platform, agent }
  return { ...facts, product, channel, version, ...decodeState(value) }
}

function keysOf(value: Record<string, unknown>): string[] {
  return [...KEYS, ...OPTIONAL.filter((key) => Object.hasOwn(value, key))]
}

function decodeState(
  value: Record<string, unknown>,
): Pick<Report, 'state' | 'rollout' | 'code' | 'bytes' | 'flows' | 'checks'> {
  const { rollout, code, bytes, flows, checks } = value
  const state = REPORT_STATES.find((each) => each === value['state'])
  if (state === undefined) refuse('report-state', `the state is none of ${REPORT_STATES.join(', ')}`)
  if (rollout !== undefined && !isRolloutId(rollout)) refuse('report-rollout', 'the rollout is no id of one')
  if ((code !== undefined) !== (state === 'failed') || (code !== undefined && !isCode(code))) {
    refuse('report-code', 'a failure has a code of A-Z 0-9 _, and nothing else has one')
  }
  if (bytes !== undefined && (state !== 'downloaded' || !isBytes(bytes))) {
    refuse('report-bytes', `the bytes of a download are not whole numbers for ${REPORT_SOURCES.join(', ')}`)
  }
  if (flows !== undefined && (bytes === undefined || !areFlows(flows, bytes.lanPeers + bytes.wanPeers + bytes.cache))) {
    refuse('report-flows', `the flows are not up to ${FLOWS_MAX} sites, each once, within what neighbours sent`)
  }
  if (checks !== undefined && (bytes !== undefined || !areChecks(checks))) {
    refuse(
      'report-checks',
      `the checks are not 1 to ${CHECKS_MAX}, each once, with a verdict and a line of text, not beside bytes`,
    )
  }
  return {
    state,
    ...(rollout === undefined ? {} : { rollout }),
    ...(code === undefined ? {} : { code }),
    ...(bytes === undefined ? {} : { bytes }),
    ...(flows === undefined ? {} : { flows }),
    ...(checks === undefined ? {} : { checks }),
  }
}

function isCode(value: unknown): value is string {
  return typeof value === 'string' && CODE.test(value)
}

function isBytes(value: unknown): value is ReportBytes {
  if (!isRecord(value) || !hasKeys(value, REPORT_SOURCES)) return false
  return Object.values(value).every((count) => isCount(count, Number.MAX_SAFE_INTEGER))
}

function refuse(rule: Rule<'REPORT_INVALID'>, message: string): never {
  throw new ReleaseError('REPORT_INVALID', rule, `report: ${message}`)
}
