/**
 * Which ring each device is in, written down, so that what is counted and what is listed are the same devices. A new rollout goes through all
 * devices in the order of their ids; a device that is new or has changed is placed anew in every rollout that is not over.
 */
import { chooseRing, type DeviceFacts } from '@shoal/release'
import { LIMITS } from '../../limits.ts'
import type { Rollout } from '../../rollout/rollout.ts'
import { listOf, text, valuesOf, type Queries, type Row, type Value } from './database.ts'

/** Whether there is nothing to do, which is so most of the time. */
export async function isPlaced(queries: Queries): Promise<boolean> {
  const waiting = await queries.all(
    `SELECT 1 AS n WHERE EXISTS (SELECT 1 FROM rollouts WHERE placed_to IS NOT NULL) OR EXISTS (SELECT 1 FROM devices WHERE placed = 0)`,
  )
  return waiting.length === 0
}

/** True when nothing is left to do. */
export async function placeSome(queries: Queries): Promise<boolean> {
  // In PostgreSQL two trackers would place the same devices; one does it at a time, and the other finds it done.
  const rows = await queries.all(
    `UPDATE rollouts SET placed_to = placed_to WHERE state IN ('running', 'paused', 'halted') OR placed_to IS NOT NULL
     RETURNING placed_to, document`,
  )
  const placing = rows.map((row) => ({ rollout: readRollout(row), placedTo: row['placed_to'] as string | null }))
  const entrants = placing.find(({ placedTo }) => placedTo !== null)
  if (entrants?.placedTo != null) {
    await placeFrom(queries, entrants.rollout, entrants.placedTo)
    return false
  }
  const devices = await queries.all('SELECT id, site, grp, labels FROM devices WHERE placed = 0 ORDER BY id LIMIT ?', [
    LIMITS.placedAtOnceMax,
  ])
  if (devices.length === 0) return true
  for (const { rollout } of placing) await place(queries, rollout, devices)
  const ids = devices.map((row) => text(row, 'id'))
  await queries.run(`UPDATE devices SET placed = 1 WHERE id IN ${listOf(ids)}`, ids)
  return devices.length < LIMITS.placedAtOnceMax
}

async function placeFrom(queries: Queries, rollout: Rollout, after: string): Promise<void> {
  const devices = await queries.all('SELECT id, site, grp, labels FROM devices WHERE id > ? ORDER BY id LIMIT ?', [
    ...[after, LIMITS.placedAtOnceMax],
  ])
  await place(queries, rollout, devices)
  const last = devices.length < LIMITS.placedAtOnceMax ? undefined : devices.at(-1)
  await queries.run('UPDATE rollouts SET placed_to = ? WHERE id = ?', [
    last === undefined ? null : text(last, 'id'),
    rollout.id,
  ])
}

async function place(queries: Queries, rollout: Rollout, devices: readonly Row[]): Promise<void> {
  const rings = devices.map((row): [id: string, ring: number | undefined] => [
    text(row, 'id'),
    chooseRing(rollout, readFacts(row)),
  ])
  const inside = rings.flatMap(([id, ring]): Value[][] =>
    ring === undefined ? [] : [[rollout.id, id, ring, 'waiting', 0, rollout.createdAtMs, 0]],
  )
  if (inside.length > 0) {
    const { placeholders, values } = valuesOf(inside)
    await queries.run(
      `INSERT INTO progress (rollout, device, ring, state, reached, since_ms, counter) VALUES ${placeholders}
       ON CONFLICT (rollout, device) DO UPDATE SET ring = excluded.ring WHERE progress.ring IS NULL OR progress.reached = 0`,
      values,
    )
  }
  const outside = rings.flatMap(([id, ring]) => (ring === undefined ? [id] : []))
  if (outside.length > 0) {
    await queries.run(`DELETE FROM progress WHERE rollout = ? AND reached = 0 AND device IN ${listOf(outside)}`, [
      rollout.id,
      ...outside,
    ])
  }
}

function readRollout(row: Row): Rollout {
  return JSON.parse(text(row, 'document')) as Rollout
}

function readFacts(row: Row): DeviceFacts {
  return {
    id: text(row, 'id'),
    site: text(row, 'site'),
    group: text(row, 'grp'),
    labels: JSON.parse(text(row, 'labels')) as Record<string, string>,
  }
}
