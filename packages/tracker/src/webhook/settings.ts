/** How people name who is to be told of what happens, and what is read for it. */
import { isLoopbackHost } from '@shoal/cli'
import { X509Certificate } from 'node:crypto'
import { open } from 'node:fs/promises'
import { z } from 'zod'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'

const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/
/** What the audit log knows, of which a webhook wants some, or all that begin with one word: `rollout.halted`, `rollout.*`. */
const ACTIONS = [
  ...[
    'created',
    'opened',
    'passed',
    'paused',
    'resumed',
    'promoted',
    'halted',
    'completed',
    'superseded',
    'edited',
  ].map((type) => `rollout.${type}`),
  ...['metadata.announced', 'token.create', 'token.revoke', 'webhook.resend'],
]
const PATTERNS = [...ACTIONS, ...new Set(ACTIONS.map((action) => action.replace(/\..*/, '.*')))]
/** As in the Standard Webhooks specification: 24 to 64 random bytes in base64. */
const SECRET = /^whsec_([A-Za-z0-9+/]{32,88}={0,2})$/
const SECRET_BYTES = { min: 24, max: 64 }

const webhookShape = z.strictObject({
  name: z.string().regex(NAME, "is not up to 32 lower-case letters, digits and '-'"),
  url: z.url({ protocol: /^https?$/, error: 'is no URL as in https://chat.example.com/hooks/1' }),
  /** File with `whsec_…` on a line; while a secret is replaced, the old one and the new one. */
  secretFile: z.string().min(1),
  events: z
    .array(z.enum(PATTERNS, { error: `is none of ${PATTERNS.join(', ')}` }))
    .min(1)
    .max(32)
    .default(['rollout.*', 'metadata.*']),
  /** PEM file with who vouches for the receiver; the system's authorities when absent. */
  caFile: z.string().min(1).optional(),
  /** Plain HTTP to another machine: whoever listens on the way can read what is told, but not forge it. */
  allowHttp: z.boolean().default(false),
})

export const webhooksShape = z
  .array(webhookShape)
  .max(LIMITS.webhooksMax)
  .refine((hooks) => new Set(hooks.map(({ name }) => name)).size === hooks.length, 'has a name twice')

export type WebhookSettings = z.infer<typeof webhookShape>

export interface WebhookConfig {
  name: string
  url: URL
  /** PEM. */
  ca?: Buffer
  /** What signatures are made with; a receiver that knows any of them is content. */
  secrets: readonly Uint8Array[]
  events: readonly string[]
}

/** @throws TrackerError CONFIG_INVALID, or what reading a file throws */
export async function readWebhooks(settings: readonly WebhookSettings[]): Promise<WebhookConfig[]> {
  return Promise.all(
    settings.map(async (hook) => ({
      ...{ name: hook.name, url: readUrl(hook), events: hook.events },
      secrets: await readSecrets(hook),
      ...(hook.caFile === undefined ? {} : { ca: await readAuthority(hook.name, hook.caFile) }),
    })),
  )
}

function readUrl({ name, url: text, allowHttp }: WebhookSettings): URL {
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') {
    throw invalid(
      `the URL of webhook ${name} has a password in it`,
      'the signature is what it is known by: leave it out',
    )
  }
  if (url.protocol === 'http:' && !allowHttp && !isLoopbackHost(url.hostname.replace(/^\[|\]$/g, ''))) {
    throw invalid(`webhook ${name} would go in the clear`, 'write its url with https://, or allowHttp: true beside it')
  }
  return url
}

async function readSecrets({ name, secretFile }: WebhookSettings): Promise<Uint8Array[]> {
  await using handle = await open(secretFile, 'r')
  const { size } = await handle.stat()
  const lines = size > LIMITS.webhookSecretFileBytesMax ? [] : (await handle.readFile('utf8')).split(/\r?\n/)
  const secrets = lines.filter((line) => line.trim() !== '').map((line) => readSecret(line.trim()))
  const good = secrets.filter((secret) => secret !== undefined)
  if (good.length === 0 || good.length < secrets.length || good.length > LIMITS.webhookSecretsMax) {
    throw invalid(
      `${secretFile} holds no secret for webhook ${name}`,
      'write one: echo "whsec_$(openssl rand -base64 32)"; while you replace it, the old one below it',
    )
  }
  return good
}

async function readAuthority(name: string, caFile: string): Promise<Buffer> {
  await using handle = await open(caFile, 'r')
  const { size } = await handle.stat()
  const ca = size > LIMITS.tlsFileBytesMax ? Buffer.of() : await handle.readFile()
  try {
    // What is no certificate would else be left out without a word.
    new X509Certificate(ca)
    return ca
  } catch (cause) {
    throw invalid(`${caFile} is no authority for webhook ${name}`, 'give a PEM file with its certificate', cause)
  }
}

function readSecret(line: string): Uint8Array | undefined {
  const [, text] = SECRET.exec(line) ?? []
  if (text === undefined) return undefined
  const secret = Buffer.from(text, 'base64')
  return secret.length >= SECRET_BYTES.min && secret.length <= SECRET_BYTES.max ? secret : undefined
}

function invalid(message: string, fix: string, cause?: unknown): TrackerError {
  return new TrackerError('CONFIG_INVALID', message, { fix, cause })
}
