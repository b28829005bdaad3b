/** How far each webhook is. One tracker at a time has it, for as long as it says so; a state is only ever written by who has it. */
import { LIMITS } from '../../limits.ts'
import type { WebhookRow, WebhookState, WebhookStore } from '../store.ts'
import { number, text, type Database, type Row } from './database.ts'

export function webhookStore(database: Database): WebhookStore {
  return {
    keepWebhooks: (names, atMs) =>
      database.transaction(async (queries) => {
        for (const name of names) {
          await queries.run(
            `INSERT INTO webhooks (name, cursor, document, holder, held_until_ms, seen_ms)
             VALUES (?, (SELECT coalesce(max(id), 0) FROM audit), ?, '', 0, ?)
             ON CONFLICT (name) DO UPDATE SET seen_ms = excluded.seen_ms`,
            [name, JSON.stringify(FRESH), atMs],
          )
        }
        await queries.run('DELETE FROM webhooks WHERE seen_ms < ?', [atMs - LIMITS.webhookKeptMs])
      }),
    async webhooks() {
      const rows = await database.all(
        `SELECT *, (SELECT count(*) FROM audit WHERE id > webhooks.cursor) AS pending FROM webhooks ORDER BY name`,
      )
      return rows.map(readRow)
    },
    claimWebhook: (name, holder, nowMs, untilMs) =>
      database.transaction(async (queries) => {
        const claimed = await queries.run(
          'UPDATE webhooks SET holder = ?, held_until_ms = ? WHERE name = ? AND (holder = ? OR held_until_ms <= ?)',
          [holder, untilMs, name, holder, nowMs],
        )
        if (claimed === 0) return undefined
        const [row] = await queries.all('SELECT * FROM webhooks WHERE name = ?', [name])
        return row === undefined ? undefined : readState(row)
      }),
    async saveWebhook(name, holder, { cursor, ...state }, untilMs) {
      const saved = await database.run(
        'UPDATE webhooks SET cursor = ?, document = ?, held_until_ms = ? WHERE name = ? AND holder = ?',
        [cursor, JSON.stringify(state), untilMs, name, holder],
      )
      return saved > 0
    },
    async resetWebhook(name, cursor) {
      const reset = await database.run(
        `UPDATE webhooks SET cursor = coalesce(?, cursor), document = ?, holder = '', held_until_ms = 0 WHERE name = ?`,
        [cursor ?? null, JSON.stringify(FRESH), name],
      )
      return reset > 0
    },
  }
}

const FRESH: Omit<WebhookState, 'cursor'> = { failures: 0, nextMs: 0, isDead: false }

function readState(row: Row): WebhookState {
  const state = JSON.parse(text(row, 'document')) as Omit<WebhookState, 'cursor'>
  return { cursor: number(row, 'cursor'), ...state }
}

function readRow(row: Row): WebhookRow {
  return { name: text(row, 'name'), ...readState(row), pending: number(row, 'pending'), seenMs: number(row, 'seen_ms') }
}
