/** One connection to a broker, from the handshake to its end. What a broker sends is bounded before it is parsed. */
import { connect as connectTcp, isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { IClientOptions, MqttClient } from 'mqtt'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import { createPacketGuard } from './packet-guard.ts'
import { explainRefusal } from './refusal.ts'
import type { BrokerConfig } from './settings.ts'

export interface Session extends AsyncDisposable {
  /** Resolves when the broker has it. @throws TrackerError UNREACHABLE, TIMEOUT, TOO_LARGE */
  publish(topic: string, payload: Uint8Array, options: { retain: boolean; signal: AbortSignal }): Promise<void>
  /** Resolves with the reason when it has ended, whoever ended it. */
  readonly ended: Promise<TrackerError>
}

interface SessionDeps {
  clientId: string
  subscribe: readonly string[]
  onMessage: (topic: string, payload: Uint8Array) => void
  /** Ends it. */
  signal: AbortSignal
}

/** @throws TrackerError UNREACHABLE, TIMEOUT, REFUSED */
export async function openSession(config: BrokerConfig, deps: SessionDeps): Promise<Session> {
  const { clientId, subscribe, onMessage, signal } = deps
  // A program that is told of no broker does not load the library.
  const { MqttClient: Client } = await import('mqtt')
  const ending = new AbortController()
  const end = (reason: unknown): void => ending.abort(reason)
  onAbort(signal, end)
  const client = new Client(() => openSocket(config, end), optionsOf(config, clientId))
  client.on('error', end)
  client.on('close', () => end(new Error('the broker closed the connection')))
  client.on('message', (topic, payload) => onMessage(topic, payload))

  const within = <T>(work: Promise<T>, timeoutMs: number, given?: AbortSignal): Promise<T> =>
    orAborted(work, AbortSignal.any([ending.signal, AbortSignal.timeout(timeoutMs), ...(given ? [given] : [])]))

  try {
    const connected = new Promise((resolve) => client.once('connect', resolve))
    await within(connected, LIMITS.mqttConnectTimeoutMs)
    const granted = await within(client.subscribeAsync([...subscribe], { qos: 1 }), LIMITS.mqttReplyTimeoutMs)
    const refused = granted.find(({ qos }) => qos > 2)
    if (refused !== undefined) throw new TrackerError('REFUSED', `the broker does not let us hear ${refused.topic}`)
  } catch (error) {
    await close(client)
    throw error
  }
  return {
    ended: new Promise((resolve) => onAbort(ending.signal, (reason) => resolve(asError(reason)))),
    async publish(topic, payload, { retain, signal: given }) {
      if (payload.length > LIMITS.mqttPayloadBytesMax) {
        throw new TrackerError('TOO_LARGE', `${payload.length} bytes are more than a broker has to take`)
      }
      const sent = client.publishAsync(topic, Buffer.from(payload), { qos: 1, retain })
      await within(sent, LIMITS.mqttReplyTimeoutMs, given)
    },
    async [Symbol.asyncDispose]() {
      end(new Error('stopping'))
      await close(client)
    },
  }
}

function optionsOf({ username, password }: BrokerConfig, clientId: string): IClientOptions {
  return {
    clientId,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    protocolId: 'MQTT',
    protocolVersion: 4,
    // What was missed is told by what is retained, and reports are sent again by whoever has them.
    clean: true,
    keepalive: LIMITS.mqttKeepaliveSeconds,
    connectTimeout: LIMITS.mqttConnectTimeoutMs,
    // Its own pauses have no jitter.
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
  }
}

function openSocket({ url, tls }: BrokerConfig, onBroken: (reason: unknown) => void) {
  const { host, port, isEncrypted } = url
  const socket = isEncrypted
    ? connectTls({ host, port, ...tls, ...(isIP(host) === 0 ? { servername: host } : {}), minVersion: 'TLSv1.2' })
    : connectTcp({ host, port })
  const guard = createPacketGuard(LIMITS.mqttPacketBytesMax)
  socket.on('error', onBroken)
  socket.on('data', (piece: Uint8Array) => {
    if (guard.isBroken(piece))
      socket.destroy(new TrackerError('TOO_LARGE', 'the broker sent a packet that is too large'))
  })
  return socket
}

/** Says goodbye where that is possible. */
async function close(client: MqttClient): Promise<void> {
  // Whatever still goes wrong is of nobody's interest, and an error that nobody hears would be thrown.
  client.on('error', () => undefined)
  try {
    await orAborted(client.endAsync(), AbortSignal.timeout(LIMITS.mqttGoodbyeMs))
  } catch {
    client.end(true)
  } finally {
    client.stream.destroy()
  }
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_resolve, reject) => onAbort(signal, (reason) => reject(asError(reason))))
  // Whichever comes second has nobody who waits for it.
  work.catch(() => undefined)
  aborted.catch(() => undefined)
  return Promise.race([work, aborted])
}

function onAbort(signal: AbortSignal, done: (reason: unknown) => void): void {
  if (signal.aborted) done(signal.reason)
  else signal.addEventListener('abort', () => done(signal.reason), { once: true })
}

function asError(reason: unknown): TrackerError {
  if (reason instanceof TrackerError) return reason
  if (reason instanceof Error && reason.name === 'TimeoutError') {
    return new TrackerError('TIMEOUT', 'the broker did not answer in time', { cause: reason })
  }
  const refusal = explainRefusal(reason)
  if (refusal !== undefined) return refusal
  const why = reason instanceof Error ? reason.message : 'aborted'
  return new TrackerError('UNREACHABLE', `no connection to the broker: ${why}`, { cause: reason })
}
