import { createHash, randomBytes } from 'node:crypto'

/** Begins as it does so that scanners of secrets can find it. */
const PREFIX = 'shoal-api-'
const TOKEN = /^shoal-api-[A-Za-z0-9_-]{43}$/

/** 32 random bytes as text. */
export function newToken(): string {
  return `${PREFIX}${randomBytes(32).toString('base64url')}`
}

/** What the store knows a token by; undefined for what was never one, so that nothing is looked up. */
export function digestOf(token: string): Uint8Array | undefined {
  return TOKEN.test(token) ? new Uint8Array(createHash('sha256').update(token).digest()) : undefined
}
