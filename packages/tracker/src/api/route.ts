/** One endpoint as data: what checks a request is also what documents it, and none exists without saying who may use it. */
import type { z } from 'zod'
import type { Role } from '../store/store.ts'
import type { Caller } from './caller.ts'

type Shape = z.ZodType<object>

export interface Route<Deps> {
  method: 'GET' | 'POST' | 'PUT'
  /** Below the API's root; parameters as in `/rollouts/:id`. */
  path: `/${string}`
  role: Role
  summary: string
  params?: Shape
  query?: Shape
  body?: Shape
  answer: z.ZodType
  handle(request: Asked<object, object, object>, deps: Deps): Promise<unknown>
}

export interface Asked<Params, Query, Body> {
  params: Params
  query: Query
  body: Body
  by: Caller
}

/** Ties the types of a handler to the schemas that its requests were read with. */
export function route<Deps, Answer extends z.ZodType, Params = object, Query = object, Body = object>(
  definition: Omit<Route<Deps>, 'params' | 'query' | 'body' | 'answer' | 'handle'> & {
    params?: z.ZodType<Params>
    query?: z.ZodType<Query>
    body?: z.ZodType<Body>
    answer: Answer
    handle(request: Asked<Params, Query, Body>, deps: Deps): Promise<z.output<Answer>>
  },
): Route<Deps> {
  return definition as unknown as Route<Deps>
}
