import { LIMITS } from '../../limits.ts'
import type { AuditEntry, AuditStore, NewAuditEntry } from '../store.ts'
import { number, optional, text, type Database, type Queries, type Row } from './database.ts'
import { equal, readPage } from './page.ts'

export function auditStore(database: Database): AuditStore {
  return {
    audit: ({ rollout, by }, page) =>
      readPage(database, page, {
        select: '*',
        from: 'audit',
        where: [...equal('rollout', rollout), ...equal('who', by)],
        key: 'id',
        descending: true,
        isNumber: true,
        read: readEntry,
      }),
    addAudit: (entry) => database.transaction((queries) => addAudit(queries, entry)),
    async auditAfter(id, limit) {
      const rows = await database.all(
        `SELECT audit.*, product, channel, version FROM audit LEFT JOIN rollouts ON rollouts.id = audit.rollout
         WHERE audit.id > ? ORDER BY audit.id LIMIT ?`,
        [id, Math.min(limit, LIMITS.pageRowsMax)],
      )
      return rows.map((row) => ({
        ...readEntry(row),
        ...optional('product', row['product'] as string | null),
        ...optional('channel', row['channel'] as string | null),
        ...optional('version', row['version'] as string | null),
      }))
    },
  }
}

/** Within the transaction of what it tells of, as its last step. */
export async function addAudit(queries: Queries, entry: NewAuditEntry): Promise<void> {
  const { atMs, by, action, subject, rollout, ring, text: words } = entry
  // Of two transactions, the later to commit would else have the smaller id, and whoever reads on from the greater would miss it.
  await queries.run('UPDATE audit_order SET entries = entries + 1')
  await queries.run(
    `INSERT INTO audit (at_ms, who, action, subject, rollout, ring, words) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
    [atMs, by, action, subject, rollout ?? null, ring ?? null, words],
  )
}

function readEntry(row: Row): AuditEntry {
  return {
    id: number(row, 'id'),
    atMs: number(row, 'at_ms'),
    by: text(row, 'who'),
    action: text(row, 'action'),
    subject: text(row, 'subject'),
    text: text(row, 'words'),
    ...optional('rollout', row['rollout'] as string | null),
    ...optional('ring', row['ring'] as string | null),
  }
}
