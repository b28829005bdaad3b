import { isIP } from 'node:net'
import { usageError } from './error.ts'

/** `127.0.0.1:8080`, `[::1]:8080`, `localhost:0`; `:8080` listens on every address. */
export function parseHostPort(text: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.%a-z]+)\]|([^:[\]\s/]*)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65_535) {
    throw usageError(`'${text}' is not HOST:PORT`, 'write it as in 127.0.0.1:8080, [::1]:8080 or :8080')
  }
  const host = match[1] ?? match[2] ?? ''
  return { host: host === '' ? '::' : host, port }
}

/** Whether nobody else can reach what listens there. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
