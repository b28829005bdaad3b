/** The daemon's configuration; the single place of its keys and defaults. */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { CliError, parseSize } from '@shoal/cli'
import { isLabel, isLabelValue, isMemberName, LABELS_MAX } from '@shoal/release'
import { brokerShape } from '@shoal/tracker/client'
import * as z from 'zod'
import { parseRate } from './rate.ts'
import { readWindow } from './window.ts'

/** Program and arguments, run without a shell. */
const command = z.array(z.string().max(4_096)).min(1).max(64)

/** How it is told that what was installed works: a command that ends with 0, or a URL that answers with 2xx. */
const health = z
  .strictObject({
    command: command.optional(),
    http: z.url({ protocol: /^https?$/ }).optional(),
    intervalSeconds: z.number().min(0.1).max(3_600).default(10),
    timeoutSeconds: z.number().min(0.1).max(600).default(10),
    /** So many failures in a row are one too many. */
    failures: z.int().min(1).max(100).default(3),
    /** How long it must work where no policy says so. */
    soakSeconds: z.number().min(0).max(86_400).default(60),
  })
  .refine(({ command: own, http }) => (own === undefined) !== (http === undefined), 'names a command, or an http URL')

const follow = z.strictObject({
  /** PRODUCT@CHANNEL */
  target: z.string(),
  platform: z.string().default('any'),
  /** Install root: `current` in it is the tree. A cache has none. */
  out: z.string().optional(),
  /** Run before the flip of `current`; ends with 75 for "not now". */
  preActivate: command.optional(),
  /** Run after each flip, also back: makes what runs use what is current. */
  activate: command.optional(),
  hookTimeoutSeconds: z.number().min(1).max(86_400).default(300),
  health: health.optional(),
})

/** What rings of a rollout match. */
const labels = z
  .record(
    z.string().refine(isLabel, 'is no name of a label'),
    z.string().refine(isLabelValue, 'is no value of a label'),
  )
  .refine((all) => Object.keys(all).length <= LABELS_MAX, `has more than ${LABELS_MAX} labels`)

/** Bytes a second, written as `5MB/s`, `unlimited` or `0`. */
const rate = z
  .union([z.string(), z.number()])
  .transform((written, context) => readOr(context, () => parseRate(String(written))))

/** Bytes, written as `500GB`. */
const size = z
  .union([z.string(), z.number()])
  .transform((written, context) => readOr(context, () => parseSize(String(written))))

const limits = {
  /** To and from neighbours of other sites; downloads from the origin count as well. */
  uploadWan: rate.optional(),
  downloadWan: rate.optional(),
  /** To and from neighbours of this site. */
  uploadLan: rate.optional(),
  downloadLan: rate.optional(),
  /** From the origin; with 0 it is sent no request. */
  origin: rate.optional(),
}

/** A time of the week at which other limits hold. */
const window = z
  .strictObject({
    days: z.string().default('daily'),
    from: z.string(),
    to: z.string(),
    zone: z.string(),
    ...limits,
  })
  .transform(({ days, from, to, zone, ...rates }, context) =>
    readOr(context, () => readWindow({ days, from, to, zone, rates })),
  )

export const configSchema = z.strictObject({
  /** Path of the fleet's root.json; when absent, the one in stateDir that `enroll` wrote. */
  root: z.string().optional(),
  /** Base URL of the origin; without one it is never asked. */
  origin: z.url().optional(),
  /** Other origins that it may redirect to, such as https://cdn.example */
  originRedirects: z.array(z.url()).default([]),
  /** Neighbours must have delivered nothing for so long before the origin is asked for content; then it is for the rest of the download. */
  originAfterSeconds: z.number().min(0).max(86_400).default(0),
  /** Requests to the origin at the same time. */
  originRequestsMax: z.int().min(1).max(64).default(6),
  limits: z.strictObject(limits).prefault({}),
  /** In the background, what goes between sites yields to everything else on the way. */
  mode: z.enum(['normal', 'background']).default('normal'),
  windows: z.array(window).max(64).default([]),
  follow: z.array(follow).min(1).max(64),
  /** Identity and control socket. */
  stateDir: z.string().default(defaultStateDir()),
  /** A device installs what it follows; a cache holds it for others. */
  role: z.enum(['device', 'cache']).default('device'),
  /** Of a cache: where releases are held, `cache` in stateDir when absent, and how much of them. */
  cacheDir: z.string().optional(),
  cacheBytes: size.default(50_000_000_000),
  site: z.string().default(''),
  /** What rollouts know this machine by, beside its site; in a private fleet the credential says site and group. */
  group: z.string().refine(isMemberName, 'is no name of a group').default(''),
  labels: labels.default({}),
  listen: z.array(z.string()).default(['/ip4/0.0.0.0/tcp/7070']),
  /** Whether bulk may go over TLS sockets of its own beside libp2p, and the port where they are taken; 0 is any. */
  lane: z.boolean().default(true),
  lanePort: z.number().int().min(0).max(65_535).default(0),
  /** Public addresses to tell others instead of those listened on. */
  announce: z.array(z.string()).default([]),
  peers: z.array(z.string()).default([]),
  trackers: z.array(z.string()).default([]),
  bootstrap: z.array(z.string()).default([]),
  mdns: z.boolean().default(true),
  dht: z.boolean().default(true),
  serviceTag: z.string().optional(),
  /** A broker at which news lies. Reports go by it when no tracker is reached, or always. */
  mqtt: z.strictObject({ ...brokerShape, reports: z.enum(['fallback', 'always']).default('fallback') }).optional(),
  /** Of a member of a private fleet: how often it asks trackers about its credential and about revocations. */
  membershipSeconds: z.number().min(1).max(86_400).default(600),
  pollSeconds: z.number().min(1).max(604_800).default(3_600),
  /** A release that was heard of is looked for within so long, each peer at a moment of its own. */
  newsJitterSeconds: z.number().min(0).max(3_600).default(10),
  /** HOST:PORT where monitoring may ask: /livez, /readyz, /metrics. Not served when absent; beyond this machine only behind a proxy. */
  http: z.string().optional(),
  httpBehindProxy: z.boolean().default(false),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
})

export type Config = z.infer<typeof configSchema>

/** Zod describes the problem as one of the key. */
function readOr<T>(context: z.RefinementCtx, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    context.addIssue({ code: 'custom', message: `${error.message}; ${error.fix}` })
    return z.NEVER
  }
}

export function defaultStateDir(): string {
  if (process.getuid?.() === 0) return '/var/lib/shoal-peer'
  return join(process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'shoal-peer')
}
