/** The dashboard's session: the token itself, where no script can read it and no other site can have it sent. */
import { LIMITS } from '../limits.ts'

const NAME = 'shoal_token'
const ATTRIBUTES = 'Path=/; HttpOnly; SameSite=Strict'

export function readCookie(header: string | undefined): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2)
    if (name === NAME && value !== undefined && value.length <= LIMITS.apiTokenCharactersMax) return value
  }
  return undefined
}

export function writeCookie(token: string, secure: boolean): string {
  return `${NAME}=${token}; ${ATTRIBUTES}${secure ? '; Secure' : ''}`
}

export function clearCookie(secure: boolean): string {
  return `${writeCookie('', secure)}; Max-Age=0`
}
