/** How people name a broker, in the configuration of tracker and peer alike, and what is read for it. */
import { isLoopbackHost } from '@shoal/cli'
import { open } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { z } from 'zod'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import { isTopicPrefix } from './topics.ts'

export const brokerShape = {
  /** mqtts://HOST[:PORT]; mqtt:// without a password, or on this machine. */
  url: z.url({ protocol: /^mqtts?$/, error: 'is no URL as in mqtts://broker.example.com' }),
  topicPrefix: z
    .string()
    .refine(isTopicPrefix, `is not one to ${LIMITS.mqttPrefixLevelsMax} levels of letters, digits, '.', '_' and '-'`)
    .default('shoal'),
  /** PEM files: the authority that vouches for the broker, and the certificate and key by which it knows this machine. */
  caFile: z.string().min(1).optional(),
  certFile: z.string().min(1).optional(),
  keyFile: z.string().min(1).optional(),
  /** Of TLS: how brokers that share port 443 with others know what is spoken. */
  alpn: z.string().min(1).max(255).optional(),
  username: z.string().max(256).optional(),
  passwordFile: z.string().min(1).optional(),
  /** The peer id when absent. */
  clientId: z.string().min(1).max(128).optional(),
}

export type BrokerSettings = z.infer<z.ZodObject<typeof brokerShape>>

export interface BrokerConfig {
  url: { host: string; port: number; isEncrypted: boolean }
  topicPrefix: string
  tls: { ca?: Buffer; cert?: Buffer; key?: Buffer; ALPNProtocols?: string[] }
  username?: string
  password?: Buffer
  clientId?: string
}

/** @throws TrackerError CONFIG_INVALID, or what reading a file throws */
export async function readBroker(settings: BrokerSettings): Promise<BrokerConfig> {
  const { topicPrefix, username, clientId, alpn } = settings
  const url = readUrl(settings)
  const [ca, cert, key, password] = await Promise.all(
    [settings.caFile, settings.certFile, settings.keyFile, settings.passwordFile].map(readSmall),
  )
  const tls = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
  try {
    createSecureContext(tls)
  } catch (cause) {
    throw invalid('the certificate, key or authority of the broker cannot be used', 'give PEM files in mqtt', cause)
  }
  return {
    ...{ url, topicPrefix, tls: { ...tls, ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }) } },
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: withoutLineEnd(password) }),
    ...(clientId === undefined ? {} : { clientId }),
  }
}

function readUrl({ url: text, certFile, keyFile, passwordFile }: BrokerSettings): BrokerConfig['url'] {
  const { protocol, hostname, port, pathname, username } = new URL(text)
  const isEncrypted = protocol === 'mqtts:'
  const host = hostname.replace(/^\[|\]$/g, '')
  if (hostname === '' || username !== '' || !['', '/'].includes(pathname)) {
    throw invalid(`${hostname} is more, or less, than a host and a port`, 'write mqtt.url as in mqtts://HOST:8883')
  }
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw invalid('a certificate needs its key', 'give both mqtt.certFile and mqtt.keyFile')
  }
  if (!isEncrypted && (passwordFile !== undefined || certFile !== undefined) && !isLoopbackHost(host)) {
    throw invalid('a password or a certificate is of no use in the clear', 'write mqtt.url with mqtts://')
  }
  return { host, port: port === '' ? (isEncrypted ? 8883 : 1883) : Number(port), isEncrypted }
}

async function readSmall(file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined
  await using handle = await open(file, 'r')
  const { size } = await handle.stat()
  if (size > LIMITS.tlsFileBytesMax)
    throw invalid(`${file} is too large for what it is to be`, 'check the files of mqtt')
  return await handle.readFile()
}

function withoutLineEnd(password: Buffer): Buffer {
  return Buffer.from(password.toString().replace(/\r?\n$/, ''))
}

function invalid(message: string, fix: string, cause?: unknown): TrackerError {
  return new TrackerError('CONFIG_INVALID', message, { fix, cause })
}
