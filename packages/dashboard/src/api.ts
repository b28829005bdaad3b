/** The tracker's API as pages use it. Whoever is not logged in is told so by `session`. */
import type { ErrorAnswer, Session } from '@shoal/tracker/api'
import { signal } from '@preact/signals'
import { useEffect, useState } from 'preact/hooks'

const ROOT = '/api/v1'
const TIMEOUT_MS = 20_000

/** `unknown` until the tracker has said who this is. */
export const session = signal<Session | 'unknown' | 'none'>('unknown')

const ROLES: readonly Session['role'][] = ['viewer', 'operator', 'publisher']

/** Whether whoever is logged in has this role, or more: the tracker refuses the rest, so it is not shown either. */
export function may(role: Session['role']): boolean {
  const who = session.value
  return typeof who !== 'string' && ROLES.indexOf(who.role) >= ROLES.indexOf(role)
}

export class ApiError extends Error {
  readonly answer: ErrorAnswer

  constructor(answer: ErrorAnswer) {
    super(answer.message)
    this.name = 'ApiError'
    this.answer = answer
  }
}

/** @throws ApiError whatever goes wrong */
export async function ask<Answer>(
  path: string,
  request: { method?: 'POST' | 'DELETE'; body?: object; signal?: AbortSignal } = {},
): Promise<Answer> {
  const { method = 'GET', body, signal: aborted } = request
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  let response: Response
  try {
    response = await fetch(ROOT + path, {
      method,
      signal: aborted === undefined ? timeout : AbortSignal.any([timeout, aborted]),
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
  } catch (error) {
    if (aborted?.aborted === true) throw error
    throw new ApiError({ code: 'UNREACHABLE', message: 'the tracker does not answer', fix: 'is it running?' })
  }
  if (response.status === 401) session.value = 'none'
  const answer: unknown = await response.json().catch(() => undefined)
  if (response.ok && answer !== undefined) return answer as Answer
  throw new ApiError(isErrorAnswer(answer) ? answer : UNKNOWN)
}

const UNKNOWN: ErrorAnswer = { code: 'INVALID', message: 'the answer is not understood', fix: 'load the page anew' }

function isErrorAnswer(value: unknown): value is ErrorAnswer {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value && 'fix' in value
}

export interface Resource<Answer> {
  data?: Answer
  error?: ErrorAnswer
  isLoading: boolean
  /** Of the data. */
  path?: string
}

/** What is at a path; asked for again whenever path or `revision` change, with the old answer kept until the new one is there. */
export function useResource<Answer>(path: string, revision: string | number = 0): Resource<Answer> {
  const [resource, setResource] = useState<Resource<Answer>>({ isLoading: true })
  useEffect(() => {
    const controller = new AbortController()
    setResource((before) => ({ ...before, isLoading: true }))
    ask<Answer>(path, { signal: controller.signal }).then(
      (data) => setResource({ data, isLoading: false, path }),
      (error: unknown) => {
        if (controller.signal.aborted) return
        const answer = error instanceof ApiError ? error.answer : UNKNOWN
        // Old figures of the same thing are better than none, as long as it says that they are old.
        setResource((before) => ({ ...(before.path === path ? before : {}), error: answer, isLoading: false }))
      },
    )
    return () => controller.abort()
  }, [path, revision])
  return resource
}

export async function logIn(token: string): Promise<void> {
  session.value = await ask<Session>('/session', { method: 'POST', body: { token } })
}

export async function logOut(): Promise<void> {
  await ask('/session', { method: 'DELETE' })
  session.value = 'none'
}

export async function findSession(): Promise<void> {
  try {
    session.value = await ask<Session>('/session')
  } catch {
    session.value = 'none'
  }
}
