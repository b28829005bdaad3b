/** Who asks, and what they may do. */
import type { IncomingHttpHeaders } from 'node:http'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import { ROLES, type ApiToken, type Role, type TokenStore } from '../store/store.ts'
import { readCookie } from './cookie.ts'
import { digestOf } from './token.ts'

export interface Caller {
  tokenId: string
  name: string
  role: Role
}

export interface Presented {
  token: string
  /** A browser sends a cookie by itself, so that more must be asked of what comes with one. */
  by: 'header' | 'cookie'
}

export function presentedToken(headers: IncomingHttpHeaders): Presented | undefined {
  const [, bearer] = /^Bearer ([!-~]{1,256})$/i.exec(headers.authorization ?? '') ?? []
  if (bearer !== undefined) return { token: bearer, by: 'header' }
  if (headers.authorization !== undefined) return undefined
  const cookie = readCookie(headers.cookie)
  return cookie === undefined ? undefined : { token: cookie, by: 'cookie' }
}

/** Undefined for a token that is unknown, revoked or expired: which of them it is, is nobody's business. */
export async function callerOf(
  token: string,
  store: Pick<TokenStore, 'tokenOf' | 'markTokenUsed'>,
  nowMs: number,
): Promise<Caller | undefined> {
  if (token.length > LIMITS.apiTokenCharactersMax) return undefined
  const digest = digestOf(token)
  const known = digest === undefined ? undefined : await store.tokenOf(digest)
  if (known === undefined || !isGood(known, nowMs)) return undefined
  if (nowMs - (known.lastUsedMs ?? 0) > USED_MS) await store.markTokenUsed(known.id, nowMs)
  return { tokenId: known.id, name: known.name, role: known.role }
}

const USED_MS = 60_000

export function isGood({ expiresMs, revokedMs }: ApiToken, nowMs: number): boolean {
  return revokedMs === undefined && (expiresMs === undefined || expiresMs > nowMs)
}

/** @throws TrackerError FORBIDDEN */
export function requireRole(caller: Caller, role: Role): void {
  if (ROLES.indexOf(caller.role) >= ROLES.indexOf(role)) return
  throw new TrackerError('FORBIDDEN', `this needs the role ${role}, and ${caller.name} is ${caller.role}`, {
    fix: `ask somebody whose token has the role ${role}, or make one: shoal-tracker token create NAME --role ${role}`,
  })
}

/**
 * Of a change that comes with a cookie: another site's page could have caused it, were the cookie's SameSite not obeyed.
 * @throws TrackerError FORBIDDEN
 */
export function requireSameOrigin(headers: IncomingHttpHeaders): void {
  const site = headers['sec-fetch-site']
  if (site === 'same-origin' && headers.origin === undefined) return
  if ((site === undefined || site === 'same-origin') && hostOf(headers.origin) === headers.host) return
  throw new TrackerError('FORBIDDEN', 'this change does not come from the dashboard of this tracker', {
    fix: 'open the dashboard under the address that the tracker knows; behind a proxy, let it pass on Host and Origin',
  })
}

function hostOf(origin: string | string[] | undefined): string | undefined {
  return typeof origin === 'string' && URL.canParse(origin) ? new URL(origin).host : undefined
}
