/** Rollouts as they are printed for people. */
import { formatBytes, formatColumns, formatDuration, style, type Style } from '@shoal/cli'
import type { Paged, RingView, RolloutSummary, RolloutView } from '../api/index.ts'

const STYLES: Record<RolloutSummary['state'], Style> = {
  running: 'cyan',
  paused: 'yellow',
  halted: 'red',
  completed: 'green',
  superseded: 'dim',
}

export function rolloutsText({ rows, total }: Paged<RolloutSummary>, nowMs: number): string {
  if (rows.length === 0) return 'no rollouts; begin one: shoal-tracker rollout create PRODUCT@CHANNEL:VERSION'
  const lines = rows.map(({ id, product, channel, version, state, sinceMs, createdBy, rings }) => [
    ...[id, `${product}@${channel}`, version, style(STYLES[state], state, process.stdout), ringsPassed(rings)],
    ...[count(sum(rings, 'healthy')), count(sum(rings, 'failed') + sum(rings, 'timedOut'))],
    ...[formatDuration(nowMs - sinceMs), createdBy],
  ])
  const head = ['ID', 'CHANNEL', 'VERSION', 'STATE', 'RINGS', 'HEALTHY', 'FAILED', 'SINCE', 'BY']
  const table = formatColumns([head, ...lines], { right: [5, 6, 7] })
  return total > rows.length ? `${table}\n${rows.length} of ${total}` : table
}

export function rolloutText({ rollout, rings, gate, reporters, bytes, orders }: RolloutView, nowMs: number): string {
  const { product, version, state, sinceMs, reason, openedAtMs } = rollout
  const title = [
    `${product} ${version}`,
    style(STYLES[state], state.toUpperCase(), process.stdout),
    `ring ${openedAtMs.length}/${rings.length}`,
    `for ${formatDuration(nowMs - sinceMs)}`,
  ]
  const head = ['RING', 'TARGET', 'BEGAN', 'DOWNLOADED', 'ACTIVATED', 'HEALTHY', 'FAILED', 'SILENT', '']
  const lines = rings.map((ring) => [
    ...[ring.name, count(ring.target)],
    ...(['began', 'downloaded', 'activated', 'healthy'] as const).map((name) => counted(ring, ring[name])),
    ...[counted(ring, ring.failed + ring.timedOut), counted(ring, ring.silent.offline + ring.silent.online)],
    ring.state,
  ])
  return [
    title.join('  '),
    ...(reason === undefined ? [] : [reason]),
    formatColumns([head, ...lines], { right: [1, 2, 3, 4, 5, 6, 7] }),
    ...gate.map(({ name, holds, text }) => `gate ${name.padEnd(8)} ${holds ? 'holds  ' : 'not yet'}  ${text}`),
    ...(gate.length > 0 && reporters === 'anyone' ? [UNAUTHENTICATED] : []),
    ...causes(rings),
    ...sources(bytes),
    ...(orders.length === 0 ? [] : [style('dim', `can be ordered: ${orders.join(', ')}`, process.stdout)]),
  ].join('\n')
}

const UNAUTHENTICATED = 'gate unauthenticated: the fleet is open, and anybody may send reports'

function causes(rings: readonly RingView[]): string[] {
  const codes = new Map<string, number>()
  for (const ring of rings) {
    for (const [code, times] of Object.entries(ring.codes)) codes.set(code, (codes.get(code) ?? 0) + times)
  }
  const timedOut = sum(rings, 'timedOut')
  const failed = [
    ...[...codes].map(([code, times]) => `${code} x${times}`),
    ...(timedOut > 0 ? [`timed out x${timedOut}`] : []),
  ]
  const offline = rings.reduce((all, { silent }) => all + silent.offline, 0)
  const online = rings.reduce((all, { silent }) => all + silent.online, 0)
  return [
    ...(failed.length === 0 ? [] : [`failed: ${failed.join(', ')}`]),
    ...(offline + online === 0 ? [] : [`silent: offline ${offline}, online without report ${online}`]),
  ]
}

function sources({ lanPeers, cache, wanPeers, origin }: RolloutView['bytes']): string[] {
  const moved = lanPeers + cache + wanPeers + origin
  if (moved === 0) return []
  const share = (part: number): string => `${Math.round((100 * part) / moved)}%`
  return [
    `bytes: lan ${share(lanPeers)} cache ${share(cache)} other sites ${share(wanPeers)} origin ${share(origin)}   origin avoided ${formatBytes(moved - origin)}`,
  ]
}

function ringsPassed(rings: readonly RingView[]): string {
  return `${rings.filter(({ state }) => state === 'passed').length}/${rings.length}`
}

function counted({ state }: RingView, value: number): string {
  return state === 'waiting' && value === 0 ? '-' : count(value)
}

function count(value: number): string {
  return value.toLocaleString('en')
}

function sum(rings: readonly RingView[], name: 'healthy' | 'failed' | 'timedOut'): number {
  return rings.reduce((all, ring) => all + ring[name], 0)
}
