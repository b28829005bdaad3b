/** A list, answered a page at a time: by `cursor` and `limit`, beside whatever else it can be asked for. */
import { z } from 'zod'
import type { Page, Paged } from '../store/store.ts'
import { route, type Route } from './route.ts'
import { given, pageOf, pageQuery, type Given } from './schemas/fields.ts'

interface Listing<Deps, Row extends z.ZodType, Filter extends z.ZodRawShape, Params> {
  path: `/${string}`
  summary: string
  params?: z.ZodType<Params>
  /** What rows can be asked for by; every one that is given must hold. */
  filter?: Filter
  row: Row
  find: (
    asked: { filter: Given<z.output<z.ZodObject<Filter>>>; page: Page; params: Params },
    deps: Deps,
  ) => Promise<Paged<z.output<Row>>>
}

/** For viewers, as is all that only looks. */
export function list<Deps, Row extends z.ZodType, Filter extends z.ZodRawShape, Params extends object = object>(
  definition: Listing<Deps, Row, Filter, Params>,
): Route<Deps> {
  const { path, summary, params, filter, row, find } = definition
  return route({
    ...{ method: 'GET', role: 'viewer', path, summary },
    ...(params === undefined ? {} : { params }),
    query: z.strictObject({ ...pageQuery, ...filter }),
    answer: pageOf(row),
    async handle({ query, params: named }, deps: Deps) {
      const { cursor, limit, ...rest } = query as { cursor?: string; limit: number }
      const page = cursor === undefined ? { limit } : { cursor, limit }
      return find({ filter: given(rest) as never, page, params: named }, deps)
    },
  })
}
