import { loadConfig } from '@shoal/cli'
import { z } from 'zod'
import { brokerShape } from '../mqtt/settings.ts'
import { webhooksShape } from '../webhook/settings.ts'
import { CLIENT_VARIABLES } from './api.ts'

const schema = z.object({
  root: z.string({ error: 'is missing: give --root root.json, as shoal-seeder init wrote it' }).min(1),
  listen: z.array(z.string().min(1)).min(1).default(['/ip4/0.0.0.0/tcp/7071']),
  http: z.string().min(1).default('127.0.0.1:7072'),
  identity: z.string().min(1).optional(),
  announce: z.array(z.string().min(1)).default([]),
  /** Both of a private fleet only. */
  enrolmentKey: z.string().min(1).optional(),
  stateDir: z.string().min(1).optional(),
  /** Instead of a file in stateDir. */
  database: z.string().min(1).optional(),
  databasePasswordFile: z.string().min(1).optional(),
  policyKey: z.string().min(1).optional(),
  policyOut: z.string().min(1).optional(),
  httpCert: z.string().min(1).optional(),
  httpKey: z.string().min(1).optional(),
  behindProxy: z.boolean().default(false),
  /** Base URL: releases that it has are told of. */
  origin: z.url({ protocol: /^https?$/, error: 'is no URL as in https://cdn.example.com/' }).optional(),
  originSeconds: z.number().min(1).max(86_400).default(60),
  mqtt: z.strictObject(brokerShape).optional(),
  /** Needs a store. */
  webhooks: webhooksShape.default([]),
  credentialDays: z.number({ error: 'is no number of days' }).min(0.01).max(366).default(7),
  connectionsMax: z.int().min(10).max(100_000).optional(),
  logLevel: z.string().default('info'),
})

export type TrackerSettings = z.infer<typeof schema>

/** Flags over `SHOAL_TRACKER_*` over the file over defaults. */
export function loadTrackerConfig(file: string | undefined, flags: Record<string, unknown>): TrackerSettings {
  return loadConfig(schema, { file, envPrefix: 'SHOAL_TRACKER_', env: settingsOnly(process.env), flags })
}

/** The commands beside it have variables of their own. */
function settingsOnly(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !CLIENT_VARIABLES.includes(name)))
}
