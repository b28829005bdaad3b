/** How commands ask a running tracker: over its HTTP API, with a token, like the dashboard. */
import { CliError, EXIT, shutdownSignal, usageError } from '@shoal/cli'
import type { Command } from 'commander'
import { closeSync, openSync, readSync } from 'node:fs'
import { LIMITS } from '../limits.ts'

export interface ApiFlags {
  api: string
  tokenFile?: string
  json?: boolean
}

export interface ApiClient {
  /** @throws CliError whatever goes wrong, with what the tracker says to do about it */
  get<Answer>(path: string, query?: Readonly<Record<string, string | number | undefined>>): Promise<Answer>
  post<Answer>(path: string, body: object): Promise<Answer>
}

const DEFAULT_API = 'http://127.0.0.1:7072'
/** Of a client, and so none of the settings of `run`. */
export const CLIENT_VARIABLES = ['SHOAL_TRACKER_API', 'SHOAL_TRACKER_TOKEN']

export function addApiOptions(command: Command): Command {
  return command
    .option(
      '--api <url>',
      'where the tracker is (or SHOAL_TRACKER_API)',
      process.env['SHOAL_TRACKER_API'] ?? DEFAULT_API,
    )
    .option('--token-file <file>', 'file with the token (or SHOAL_TRACKER_TOKEN, the token itself)')
    .option('--json', 'one JSON document on stdout')
}

export function connectApi({ api, tokenFile }: ApiFlags, env: NodeJS.ProcessEnv = process.env): ApiClient {
  if (!URL.canParse(api) || !/^https?:/.test(api)) {
    throw usageError(`'${api}' is no address of a tracker`, 'write it as in --api https://tracker.example:7072')
  }
  const token = tokenFile === undefined ? env['SHOAL_TRACKER_TOKEN'] : readToken(tokenFile)
  if (token === undefined || token.trim() === '') {
    throw new CliError('UNAUTHENTICATED', EXIT.notAllowed, 'this needs a token', TOKEN_FIX)
  }
  const ask = (path: string, request: RequestInit): Promise<unknown> => askTracker(api, token.trim(), path, request)
  return {
    get: async <Answer>(path: string, query: Readonly<Record<string, string | number | undefined>> = {}) => {
      const asked = new URLSearchParams()
      for (const [name, value] of Object.entries(query)) if (value !== undefined) asked.set(name, String(value))
      const text = asked.toString()
      return (await ask(text === '' ? path : `${path}?${text}`, {})) as Answer
    },
    post: async <Answer>(path: string, body: object) =>
      (await ask(path, {
        ...{ method: 'POST', body: JSON.stringify(body) },
        headers: { 'content-type': 'application/json' },
      })) as Answer,
  }
}

const TOKEN_FIX =
  'on the machine of the tracker: shoal-tracker token create NAME --role operator --state-dir DIR; then give --token-file, or set SHOAL_TRACKER_TOKEN'

async function askTracker(api: string, token: string, path: string, request: RequestInit): Promise<unknown> {
  const url = new URL(`${new URL(api).pathname.replace(/\/$/, '')}/api/v1${path}`, api)
  const timeout = AbortSignal.timeout(LIMITS.apiClientTimeoutMs)
  let response: Response
  let text: string
  try {
    response = await fetch(url, {
      ...request,
      headers: { ...(request.headers as Record<string, string> | undefined), authorization: `Bearer ${token}` },
      // A token is for this tracker, and not for wherever it sends us.
      redirect: 'error',
      signal: AbortSignal.any([timeout, shutdownSignal()]),
    })
    text = await readBounded(response)
  } catch (cause) {
    if (shutdownSignal().aborted) throw cause
    if (timeout.aborted) {
      throw new CliError('TIMEOUT', EXIT.timeout, `${api} does not answer in time`, 'look at the tracker’s log', {
        cause,
      })
    }
    throw new CliError('UNREACHABLE', EXIT.unreachable, `no tracker answers at ${api}: ${reasonOf(cause)}`, START_FIX, {
      cause,
    })
  }
  const answer = parse(text)
  if (response.ok && answer !== undefined) return answer
  throw explainAnswer(response.status, answer, api)
}

const START_FIX = 'start `shoal-tracker run --state-dir DIR …`, or give --api the address that it says it serves'

async function readBounded(response: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += part.length
    if (size > LIMITS.apiAnswerBytesMax) throw new Error('the answer is larger than answers are')
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : message
}

const EXITS: Record<string, number> = {
  INVALID: EXIT.usage,
  TOO_LARGE: EXIT.usage,
  UNAUTHENTICATED: EXIT.notAllowed,
  FORBIDDEN: EXIT.notAllowed,
  NOT_FOUND: EXIT.notFound,
  CONFLICT: EXIT.refused,
  FULL: EXIT.refused,
  STORE_UNAVAILABLE: EXIT.unreachable,
}

function explainAnswer(status: number, answer: unknown, api: string): CliError {
  const { code, message, fix } = (answer ?? {}) as Record<string, unknown>
  if (typeof code !== 'string' || typeof message !== 'string' || typeof fix !== 'string') {
    const fix = 'give --api the address that the tracker says it serves, and --state-dir to the tracker'
    return new CliError(
      'REPLY_INVALID',
      EXIT.failure,
      `${api} answers ${status}, and not as a tracker with rollouts does`,
      fix,
    )
  }
  return new CliError(code, EXITS[code] ?? EXIT.failure, message, fix)
}

function readToken(file: string): string {
  const handle = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(2 * LIMITS.apiTokenCharactersMax)
    return bytes.toString('utf8', 0, readSync(handle, bytes)).trim()
  } finally {
    closeSync(handle)
  }
}
