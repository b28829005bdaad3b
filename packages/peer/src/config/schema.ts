/** The daemon's configuration; the single place of its keys and defaults. */
import { homedir } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod'

const follow = z.strictObject({
  /** PRODUCT@CHANNEL */
  target: z.string(),
  platform: z.string().default('any'),
  /** Install root: `current` in it is the tree. */
  out: z.string(),
})

export const configSchema = z.strictObject({
  /** Path of the fleet's root.json; when absent, the one in stateDir that `enroll` wrote. */
  root: z.string().optional(),
  /** Base URL of the origin; without one it is never asked. */
  origin: z.url().optional(),
  /** Other origins that it may redirect to, such as https://cdn.example */
  originRedirects: z.array(z.url()).default([]),
  follow: z.array(follow).min(1).max(64),
  /** Identity and control socket. */
  stateDir: z.string().default(defaultStateDir()),
  site: z.string().default(''),
  listen: z.array(z.string()).default(['/ip4/0.0.0.0/tcp/7070']),
  /** Public addresses to tell others instead of those listened on. */
  announce: z.array(z.string()).default([]),
  peers: z.array(z.string()).default([]),
  trackers: z.array(z.string()).default([]),
  bootstrap: z.array(z.string()).default([]),
  mdns: z.boolean().default(true),
  dht: z.boolean().default(true),
  serviceTag: z.string().optional(),
  /** Of a member of a private fleet: how often it asks trackers about its credential and about revocations. */
  membershipSeconds: z.number().min(1).max(86_400).default(600),
  pollSeconds: z.number().min(1).max(604_800).default(3_600),
  /** A release that was heard of is looked for within so long, each peer at a moment of its own. */
  newsJitterSeconds: z.number().min(0).max(3_600).default(10),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
})

export type Config = z.infer<typeof configSchema>

export function defaultStateDir(): string {
  if (process.getuid?.() === 0) return '/var/lib/shoal-peer'
  return join(process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'shoal-peer')
}
