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
    addAudit: (entry) => addAudit(database, entry),
  }
}

/** Within the transaction of what it tells of. */
export async function addAudit(queries: Queries, entry: NewAuditEntry): Promise<void> {
  const { atMs, by, action, subject, rollout, text: words } = entry
  await queries.run('INSERT INTO audit (at_ms, who, action, subject, rollout, words) VALUES (?, ?, ?, ?, ?, ?)', [
    ...[atMs, by, action, subject],
    ...[rollout ?? null, words],
  ])
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
  }
}
