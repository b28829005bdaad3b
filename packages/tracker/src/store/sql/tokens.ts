import { TrackerError } from '../../error.ts'
import { LIMITS } from '../../limits.ts'
import type { ApiToken, Role, TokenStore } from '../store.ts'
import { number, optional, text, type Database, type Row } from './database.ts'

const MINUTE_MS = 60_000

export function tokenStore(database: Database): TokenStore {
  return {
    addToken: ({ id, name, role, createdMs, createdBy, expiresMs }, digest) =>
      database.transaction(async (queries) => {
        const [row] = await queries.all('SELECT count(*) AS n FROM tokens WHERE revoked_ms IS NULL')
        if (number(row, 'n') >= LIMITS.apiTokensMax) {
          throw new TrackerError('FULL', `there are ${LIMITS.apiTokensMax} tokens already`, {
            fix: 'revoke some that nobody uses: see `shoal-tracker token list`',
          })
        }
        await queries.run(
          'INSERT INTO tokens (id, digest, name, role, created_ms, created_by, expires_ms) VALUES (?, ?, ?, ?, ?, ?, ?)',
          [id, digest, name, role, createdMs, createdBy, expiresMs ?? null],
        )
      }),
    async tokenOf(digest) {
      const [row] = await database.all('SELECT * FROM tokens WHERE digest = ?', [digest])
      return row === undefined ? undefined : readToken(row)
    },
    async tokens() {
      const rows = await database.all('SELECT * FROM tokens ORDER BY created_ms, id')
      return rows.map(readToken)
    },
    async revokeToken(id, atMs) {
      return (
        (await database.run('UPDATE tokens SET revoked_ms = ? WHERE id = ? AND revoked_ms IS NULL', [atMs, id])) > 0
      )
    },
    async markTokenUsed(id, atMs) {
      await database.run('UPDATE tokens SET last_used_ms = ? WHERE id = ? AND coalesce(last_used_ms, 0) < ?', [
        ...[atMs, id, atMs - MINUTE_MS],
      ])
    },
  }
}

function readToken(row: Row): ApiToken {
  return {
    id: text(row, 'id'),
    name: text(row, 'name'),
    role: row['role'] as Role,
    createdMs: number(row, 'created_ms'),
    createdBy: text(row, 'created_by'),
    ...optional('expiresMs', row['expires_ms'] as number | null),
    ...optional('revokedMs', row['revoked_ms'] as number | null),
    ...optional('lastUsedMs', row['last_used_ms'] as number | null),
  }
}
