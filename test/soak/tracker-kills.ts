/**
 * A rollout to a simulated fleet, each device a libp2p node with an identity of its own, by a real tracker that is killed again and again. What
 * the devices told is then compared with what the tracker has on disk.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { openConfiguredStore } from '@shoal/tracker'
import { seededRandom } from '../e2e/random.ts'
import { startStagedWorld } from '../e2e/staged-world.ts'
import { CANARY, startFleet, VERSIONS } from './fleet.ts'
import type { Reporter } from './reporter.ts'
import { until } from './until.ts'

export interface KillsOptions {
  devices: number
  kills: number
  seed: number
  signal: AbortSignal
  onKill?: (kill: number, heard: number) => void
}

export interface KillsResult {
  /** Reports that devices made; how often one was sent, those that never arrived and repetitions included. */
  told: number
  sent: number
  /** Reports that the tracker does not have, and those that it has more than once. */
  missing: number
  twice: number
  /** What it counts in all rings. */
  began: number
  healthy: number
  failed: number
  elapsedMs: number
}

const TARGET = { product: 'game', channel: 'stable' }
/** Of each device: began, downloaded, activated, healthy. */
const REPORTS_OF_A_ROLLOUT = 4
const RINGS = [{ name: 'canary', match: { groups: [CANARY] } }, { name: 'half', percent: 50 }, { name: 'all' }]
const PLAN = {
  ...{ rings: RINGS, spreadSeconds: 0, soakSeconds: 1, timeoutSeconds: 7_200 },
  gate: { soakSeconds: 0, finishedShare: 1 },
}
/** A kill comes within so long after its turn. */
const KILL_WITHIN_MS = 300
const HISTORY_ROWS_MAX = 64

/** @throws when the signal aborts first */
export async function killAndCount({ devices, kills, seed, signal, onKill }: KillsOptions): Promise<KillsResult> {
  const startedMs = performance.now()
  const random = seededRandom(seed)
  await using world = await startStagedWorld(TARGET)
  for (const version of VERSIONS) await world.publish(version)
  await using fleet = await startFleet(world, devices, random)
  await until(() => fleet.reporters.every(({ device }) => device.isQuiet), signal)
  const rollout = await world.createRollout('2.0', PLAN)
  const before = fleet.acknowledged
  for (let kill = 1; kill <= kills; kill++) {
    const due = before + (devices * REPORTS_OF_A_ROLLOUT * kill) / (kills + 1)
    await until(() => fleet.acknowledged >= due, signal)
    await pause(random() * KILL_WITHIN_MS, undefined, { signal })
    await world.restartTracker()
    onKill?.(kill, fleet.acknowledged - before)
  }
  await until(() => fleet.reporters.every(({ device }) => device.isQuiet && device.installed === '2.0'), signal)
  await until(async () => (await world.rollout(rollout)).rollout.state === 'completed', signal)
  const { rings } = await world.rollout(rollout)
  await world.killTracker()
  return {
    ...(await compare(world.trackerState, fleet.reporters)),
    sent: fleet.sent,
    began: rings.reduce((sum, ring) => sum + ring.began, 0),
    healthy: rings.reduce((sum, ring) => sum + ring.healthy, 0),
    failed: rings.reduce((sum, ring) => sum + ring.failed, 0),
    elapsedMs: performance.now() - startedMs,
  }
}

/** What each device told, and what the database has of it. */
async function compare(
  stateDir: string,
  reporters: readonly Reporter[],
): Promise<Pick<KillsResult, 'told' | 'missing' | 'twice'>> {
  await using store = await openConfiguredStore({ stateDir })
  if (store === undefined) throw new Error(`there is no database in ${stateDir}`)
  const count = { told: 0, missing: 0, twice: 0 }
  for (const { device } of reporters) {
    const { rows } = await store.deviceHistory(device.facts.id, { limit: HISTORY_ROWS_MAX })
    const kept = new Set(rows.map(({ counter }) => counter))
    count.told += device.told.length
    count.missing += device.told.filter(({ counter }) => !kept.has(counter)).length
    count.twice += rows.length - kept.size
  }
  return count
}
