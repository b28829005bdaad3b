/** The API's description for machines, from the schemas that read requests. */
import { z } from 'zod'
import { API_ROOT } from './mount.ts'
import type { Route } from './route.ts'
import { errorAnswer } from './schemas/error.ts'

type Json = Record<string, unknown>

/** OpenAPI 3.1. */
export function describeApi(routes: readonly Omit<Route<never>, 'handle'>[], version: string): Json {
  const paths: Record<string, Json> = {}
  for (const route of routes) {
    const path = `${API_ROOT}${route.path.replaceAll(/:(\w+)/g, '{$1}')}`
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describeRoute(route) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'shoal tracker', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { cookie: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        cookie: { type: 'apiKey', in: 'cookie', name: 'shoal_token' },
      },
    },
  }
}

function describeRoute({ path, role, summary, params, query, body, answer }: Omit<Route<never>, 'handle'>): Json {
  return {
    summary,
    description: `Needs the role ${role}.`,
    'x-role': role,
    operationId: path.slice(1).replaceAll(/[/:]+/g, '_') + (body === undefined ? '' : '_change'),
    parameters: [...parametersOf('path', params), ...parametersOf('query', query)],
    ...(body === undefined ? {} : { requestBody: { required: true, content: content(schemaOf(body, 'input')) } }),
    responses: {
      200: { description: 'OK', content: content(schemaOf(answer, 'output')) },
      default: { description: 'Refused or failed', content: content(schemaOf(errorAnswer, 'output')) },
    },
  }
}

function parametersOf(where: 'path' | 'query', schema: z.ZodType | undefined): Json[] {
  if (schema === undefined) return []
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Record<string, Json>
    required?: string[]
  }
  return Object.entries(properties).map(([name, { description, ...property }]) => ({
    ...{ name, in: where, required: where === 'path' || required.includes(name), schema: property },
    ...(description === undefined ? {} : { description }),
  }))
}

function content(schema: Json): Json {
  return { 'application/json': { schema } }
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const described = z.toJSONSchema(schema, { io, target: 'draft-2020-12', reused: 'inline' })
  return Object.fromEntries(Object.entries(described).filter(([key]) => key !== '$schema'))
}
