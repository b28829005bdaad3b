/** Hangs routes into an HTTP server: who asks, may they, is it understood, answer; and every failure in one form. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import { createRateLimit, type RateLimit } from '../service/rate-limit.ts'
import type { TokenStore } from '../store/store.ts'
import { callerOf, presentedToken, requireRole, requireSameOrigin, type Caller } from './caller.ts'
import { FAULT, refusalOf } from './error.ts'
import type { Route } from './route.ts'

export const API_ROOT = '/api/v1'

export interface DoorDeps {
  store: Pick<TokenStore, 'tokenOf' | 'markTokenUsed'>
  /** Epoch ms. */
  now: () => number
  /** A fault of the program, for its log. */
  report: (error: unknown) => void
}

/** Lets requests in, or does not. */
export interface Door {
  /** @throws TrackerError UNAUTHENTICATED, FORBIDDEN, TOO_OFTEN */
  enter(request: FastifyRequest, reply: FastifyReply): Promise<Caller>
  /** Who turns in this token. @throws TrackerError UNAUTHENTICATED, TOO_OFTEN */
  recognise(token: string, ip: string, reply: FastifyReply): Promise<Caller>
}

export function createDoor({ store, now }: DoorDeps): Door {
  const { apiBurst, apiRefillMs, apiFailureBurst, apiFailureRefillMs, apiCallersMax: keysMax } = LIMITS
  const requests = createRateLimit({ burst: apiBurst, refillMs: apiRefillMs, keysMax }, now)
  const failures = createRateLimit({ burst: apiFailureBurst, refillMs: apiFailureRefillMs, keysMax }, now)
  let sweptMs = now()

  async function recognise(token: string, ip: string, reply: FastifyReply): Promise<Caller> {
    const caller = await callerOf(token, store, now())
    if (caller !== undefined) {
      take(requests, caller.tokenId, reply)
      return caller
    }
    // Only who fails is slowed down: whoever guesses from the same address locks nobody out.
    take(failures, ip, reply)
    throw new TrackerError('UNAUTHENTICATED', 'this token is unknown, revoked or expired', { fix: TOKEN_FIX })
  }

  return {
    recognise,
    async enter(request, reply) {
      if (now() - sweptMs > LIMITS.sweepMs) {
        sweptMs = now()
        requests.forgetIdle()
        failures.forgetIdle()
      }
      const presented = presentedToken(request.headers)
      if (presented === undefined) {
        take(failures, request.ip, reply)
        throw new TrackerError('UNAUTHENTICATED', 'this needs a token', { fix: TOKEN_FIX })
      }
      const caller = await recognise(presented.token, request.ip, reply)
      if (presented.by === 'cookie' && request.method !== 'GET') requireSameOrigin(request.headers)
      return caller
    },
  }
}

const TOKEN_FIX = 'make one with: shoal-tracker token create NAME --state-dir DIR; send it as Authorization: Bearer'

function take(limit: RateLimit, key: string, reply: FastifyReply): void {
  const waitMs = limit.take(key)
  if (waitMs === 0) return
  const seconds = Math.ceil(waitMs / 1_000)
  reply.header('retry-after', seconds)
  throw new TrackerError('TOO_OFTEN', 'too many requests', { fix: `try again in ${seconds} s` })
}

export function mountRoutes<Deps>(
  server: FastifyInstance,
  routes: readonly Route<Deps>[],
  door: Door,
  deps: Deps,
): void {
  for (const route of routes) {
    server.route({
      method: route.method,
      url: `${API_ROOT}${route.path}`,
      // Before the body is read: nobody makes the tracker take in what they may not send.
      onRequest: async (request, reply) => {
        reply.header('cache-control', 'no-store')
        const caller = await door.enter(request, reply)
        requireRole(caller, route.role)
        callers.set(request, caller)
      },
      handler: async (request, reply) => {
        const by = callers.get(request)
        if (by === undefined) throw new Error('a request came past the door')
        const asked = {
          params: read('path', route.params, request.params),
          query: read('query', route.query, request.query),
          body: read('body', route.body, request.body),
        }
        return reply.type('application/json').send(JSON.stringify(await route.handle({ ...asked, by }, deps)))
      },
    })
  }
}

const callers = new WeakMap<FastifyRequest, Caller>()

/** @throws TrackerError INVALID */
export function read<T>(part: string, schema: z.ZodType<T> | undefined, value: unknown): T {
  if (schema === undefined) {
    const isEmpty = value === undefined || value === null || Object.keys(value).length === 0
    if (isEmpty) return {} as T
    throw invalid(part, 'takes nothing')
  }
  const result = schema.safeParse(value ?? {})
  if (result.success) return result.data
  const [issue] = result.error.issues
  const path = issue?.path.map(String).join('.') ?? ''
  throw invalid(part, `${path === '' ? '' : `'${path}' `}${issue?.message ?? 'is not understood'}`)
}

function invalid(part: string, what: string): TrackerError {
  return new TrackerError('INVALID', `${part}: ${what}`, { fix: `correct it; see ${API_ROOT}/openapi.json` })
}

export function answerErrors(server: FastifyInstance, reportFault: (error: unknown) => void): void {
  server.setErrorHandler(async (error, _request, reply) => {
    const refusal = refusalOf(error)
    if (refusal === undefined) {
      reportFault(error)
      return reply.code(500).type('application/json').send(JSON.stringify(FAULT))
    }
    const { status, ...words } = refusal
    return reply.code(status).type('application/json').send(JSON.stringify(words))
  })
}
