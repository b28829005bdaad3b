/** What is well and what is not, with what to do about it: a table of checks over facts, each of which knows nothing of the others. */
import { formatBytes, formatDuration } from '@shoal/cli'
import { formatRate } from '../config/index.ts'
import type { FollowStatus } from '../control/index.ts'
import { waitingText } from '../program/waiting-text.ts'
import { flowName } from '../traffic/index.ts'
import type { DoctorFacts } from './facts.ts'

export type Verdict = 'ok' | 'warn' | 'FAIL' | 'unknown'

export interface Finding {
  verdict: Verdict
  text: string
  /** What to do; of what is not ok. */
  fix?: string
}

/** Undefined where there is nothing to judge. */
type Check = (facts: DoctorFacts) => Finding | undefined

const HOUR_MS = 3_600_000
/** A clock that differs by more makes signatures expired, or credentials not valid yet. */
const SKEW_FAIL_MS = 300_000
const SKEW_WARN_MS = 5_000
/** A policy is signed anew when 20 of its 30 days are left. */
const POLICY_WARN_MS = 7 * 24 * HOUR_MS
const SILENT_NEIGHBOURS_MIN = 5
const FREE_FAIL_BYTES = 100e6
const FREE_WARN_BYTES = 2e9

export const CHECKS: Readonly<Record<string, Check>> = {
  daemon: ({ status, nowMs }) => ({
    verdict: 'ok',
    text: `${status.version}, up ${formatDuration(nowMs - status.startedMs)}, ${status.role} ${status.site === '' ? 'without a site' : `at site ${status.site}`}`,
  }),
  pause: ({ status }) =>
    status.paused
      ? { verdict: 'FAIL', text: 'paused: nothing is fetched or served', fix: 'shoal-peer resume' }
      : undefined,
  releases: ({ status: { follows } }) => {
    const failing = follows.filter(({ state }) => state === 'failing')
    if (failing.length === 0) return ok(follows.map(({ target, state }) => `${target} ${state}`).join(', '))
    const text = failing.map(({ target, reason = 'it failed' }) => `${target}: ${reason}`).join('; ')
    return { verdict: 'FAIL', text, fix: 'see the checks below; it is tried again' }
  },
  trust: ({ status: { metadata }, nowMs }) => {
    const { expires, confirmedMs, versions } = metadata
    const root = `root v${versions['root'] ?? '?'}`
    if (expires === undefined)
      return { verdict: 'warn', text: `${root}, nothing verified yet`, fix: 'is any source of metadata reachable?' }
    const leftMs = Date.parse(expires.at) - nowMs
    const fix = `at the origin: shoal-seeder refresh-timestamp (or sign --role ${expires.role})`
    if (leftMs <= 0) return { verdict: 'FAIL', text: `${root}, ${expires.role} expired on ${expires.at}`, fix }
    const left = `${root}, ${expires.role} expires in ${formatDuration(leftMs)}`
    if (leftMs < HOUR_MS) return { verdict: 'warn', text: left, fix }
    return ok(confirmedMs === undefined ? left : `${left}, confirmed ${formatDuration(nowMs - confirmedMs)} ago`)
  },
  policy: ({ status: { policy, follows }, nowMs }) => {
    if (policy === undefined) return undefined
    const { version, expires, staged } = policy
    if (version === undefined || expires === undefined) {
      const fix = 'is a tracker reachable, or tuf/policy.json at the origin (shoal-tracker run --policy-out)?'
      return { verdict: 'FAIL', text: `${staged.join(', ')}: staged, and no policy is known: nothing is begun`, fix }
    }
    const fix = 'is a tracker with the policy key running? it signs the policy anew in time'
    const leftMs = Date.parse(expires) - nowMs
    if (leftMs <= 0) {
      const verdict = staged.length === 0 ? 'warn' : 'FAIL'
      return { verdict, text: `version ${version} expired on ${expires}: nothing is begun`, fix }
    }
    const turns = follows.filter(({ target }) => staged.includes(target)).map((each) => turnText(each, nowMs))
    const text = [`version ${version} expires in ${formatDuration(leftMs)}`, ...turns].join('; ')
    return leftMs < POLICY_WARN_MS ? { verdict: 'warn', text, fix } : ok(text)
  },
  reports: ({ status: { reports }, nowMs }) => {
    if (reports === undefined) return undefined
    const { pending, dead, oldestMs, failure } = reports
    const oldest = oldestMs === undefined ? '' : `, the oldest for ${formatDuration(Math.max(0, nowMs - oldestMs))}`
    const queued = pending === 0 ? 'all delivered' : `${count(pending, 'report')} to be sent${oldest}`
    if (dead > 0)
      return {
        verdict: 'warn',
        text: `${queued}; ${dead} given up`,
        fix: 'shoal-peer reports list --dead says why; shoal-peer reports resend',
      }
    if (pending === 0 || failure === undefined) return ok(queued)
    return {
      verdict: 'warn',
      text: `${queued}: ${failure}`,
      fix: 'is a tracker reachable? they are kept, and tried again',
    }
  },
  broker: ({ status: { broker } }) => {
    if (broker === undefined) return undefined
    const { host, connected, failure = 'not connected yet', fix = 'is mqtt.url right, and open from here?' } = broker
    return connected ? ok(`connected to ${host}`) : { verdict: 'warn', text: `${host}: ${failure}`, fix }
  },
  membership: ({ status: { membership }, nowMs }) => {
    if (membership === undefined) return undefined
    const leftMs = Date.parse(membership.expires) - nowMs
    if (leftMs > HOUR_MS) return ok(`member of ${membership.group}, for ${formatDuration(leftMs)}`)
    const fix = 'reach a tracker, or shoal-peer enroll TOKEN'
    return { verdict: leftMs > 0 ? 'warn' : 'FAIL', text: `membership ends ${membership.expires}`, fix }
  },
  tracker: ({ trackers }) => {
    if (trackers.length === 0) return undefined
    const reached = trackers.flatMap(({ roundTripMs }) => roundTripMs ?? [])
    const lost = trackers.filter(({ failure }) => failure !== undefined)
    if (lost.length === 0) return ok(`${reached.length} reachable, ${Math.round(Math.min(...reached))} ms`)
    const text = lost.map(({ address, failure = '' }) => `${address}: ${failure}`).join('; ')
    const fix = 'is it running, and TCP 7071 open from here?'
    return { verdict: reached.length > 0 ? 'warn' : 'FAIL', text, fix }
  },
  origin: ({ origin }) => {
    if (origin === undefined) return undefined
    const { url, failure, isForbidden, rangeWorks, roundTripMs = 0 } = origin
    if (isForbidden)
      return {
        verdict: 'warn',
        text: `${url} is not to be asked: a limit says never`,
        fix: 'shoal-peer limit --origin unlimited, if that is not meant',
      }
    if (failure !== undefined)
      return { verdict: 'FAIL', text: failure.message, fix: failure.fix ?? 'is the address right, and open from here?' }
    if (rangeWorks === undefined)
      return { verdict: 'FAIL', text: `${url} has no tuf/timestamp.json`, fix: 'is that where it is published?' }
    if (!rangeWorks)
      return { verdict: 'FAIL', text: `${url} ignores Range`, fix: 'serve packs from what supports Range requests' }
    return ok(`${url} ${Math.round(roundTripMs)} ms, Range ok`)
  },
  clock: ({ origin }) => {
    if (origin?.aheadMs === undefined) return undefined
    const skewMs = Math.abs(origin.aheadMs)
    const text = `${formatDuration(skewMs)} ${origin.aheadMs > 0 ? 'behind' : 'ahead of'} the origin's`
    if (skewMs < SKEW_WARN_MS) return ok('as the origin has it')
    return { verdict: skewMs < SKEW_FAIL_MS ? 'warn' : 'FAIL', text, fix: 'set the clock: timedatectl set-ntp true' }
  },
  'lan discovery': ({ discovery: { mdns, networks }, status: { neighbours } }) => {
    const near = neighbours.filter(({ local }) => local)
    const byMulticast = near.some(({ foundBy }) => foundBy.includes('mdns'))
    if (near.length > 0)
      return ok(
        `${count(near.length, 'neighbour')} of this site on ${networks.join(', ')}${byMulticast ? ', multicast ok' : ''}`,
      )
    const text = `nobody of this site on ${networks.join(', ') || 'any network'}`
    if (!mdns)
      return { verdict: 'warn', text: `${text}; mdns is off`, fix: 'set mdns: true, or name peers or trackers' }
    return {
      verdict: 'warn',
      text,
      fix: 'is another peer up, with the same site? open UDP 5353 to 224.0.0.251: sudo ufw allow 5353/udp',
    }
  },
  inbound: ({ inboundConnections, status: { neighbours, addresses } }) => {
    if (inboundConnections > 0) return ok(`${count(inboundConnections, 'connection')} from others`)
    // Whoever was reached first has no reason to connect back: only of many is it strange that none did.
    if (neighbours.length < SILENT_NEIGHBOURS_MIN)
      return { verdict: 'unknown', text: `not known: this peer reached ${count(neighbours.length, 'other')} first` }
    const port = /\/tcp\/(\d+)/.exec(addresses[0] ?? '')?.[1] ?? '7070'
    return {
      verdict: 'warn',
      text: `this peer reached ${neighbours.length} others, and none of them reached tcp/${port}`,
      fix: `sudo ufw allow ${port}/tcp (one peer of a site that can be reached is enough)`,
    }
  },
  limits: ({ status: { limits } }) => {
    const shown = Object.entries(limits).filter(([, { bytesPerSecond }]) => bytesPerSecond !== null)
    const text = shown.map(([flow, { bytesPerSecond, window }]) =>
      [flowName(flow), formatRate(bytesPerSecond ?? Infinity), window].filter(Boolean).join(' '),
    )
    const never = shown.some(([flow, { bytesPerSecond }]) => bytesPerSecond === 0 && flow !== 'origin')
    if (!never) return ok(text.join(', ') || 'none')
    return { verdict: 'warn', text: text.join(', '), fix: 'shoal-peer limit shows where they come from' }
  },
  disk: ({ disks }) => {
    const least = disks.toSorted((a, b) => a.freeBytes - b.freeBytes)[0]
    if (least === undefined) return undefined
    const text = `${formatBytes(least.freeBytes)} of ${formatBytes(least.sizeBytes)} free at ${least.path}`
    if (least.freeBytes > FREE_WARN_BYTES) return ok(text)
    const verdict = least.freeBytes > FREE_FAIL_BYTES ? 'warn' : 'FAIL'
    return { verdict, text, fix: 'make room there: a release is assembled beside the one before it' }
  },
}

/** Every check that has something to say, in order. */
export function examine(facts: DoctorFacts): (Finding & { check: string })[] {
  return Object.entries(CHECKS).flatMap(([check, judge]) => {
    const finding = judge(facts)
    return finding === undefined ? [] : [{ check, ...finding }]
  })
}

/** `game@stable waiting: ring broad is not open` */
function turnText({ target, state, wait, ...when }: FollowStatus, nowMs: number): string {
  return wait === undefined
    ? `${target} ${state}`
    : `${target} ${state}: ${waitingText({ ...when, reason: wait }, nowMs)}`
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

function ok(text: string): Finding {
  return { verdict: 'ok', text }
}
