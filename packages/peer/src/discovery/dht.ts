// Every topic that is followed is provided in the DHT (who holds a part of a release serves it too), and looked up there.
import type { Libp2p, PeerInfo } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import { kadProtocol } from '@shoal/tracker/client'
import { CID } from 'multiformats/cid'
import type { OnEvent } from '../events.ts'
import { LIMITS } from '../limits.ts'
import { createAlarm, type Alarm } from '../alarm.ts'
import { lookUp, provide } from './dht-query.ts'
import type { Followed, OnFound, Source } from './found.ts'
import { jitteredMs } from './pacing.ts'
import { repeat } from './repeat.ts'
import { createSlots } from './slots.ts'

export interface DhtIntervals {
  lookupIncompleteMs: number
  lookupCompleteMs: number
  provideMs: number
}

interface DhtOptions {
  fleet: string
  intervals: DhtIntervals
  signal: AbortSignal
  random: () => number
  onEvent: OnEvent
}

interface Topic {
  readonly cid: CID
  complete: boolean
  /** Whether it was told to somebody, and whether somebody was found: what was not is tried again early. */
  provided: boolean
  found: boolean
  readonly lookupAlarm: Alarm
  readonly provideAlarm: Alarm
  readonly stop: AbortController
}

export function followDht(
  node: Libp2p,
  dht: KadDHT,
  followed: () => Followed[],
  onFound: OnFound,
  options: DhtOptions,
): Source {
  const { signal, random, intervals } = options
  const topics = new Map<string, Topic>()
  const loops = new Set<Promise<unknown>>()
  const slots = createSlots(LIMITS.discovery.dhtQueriesMax)
  const retry = { minMs: LIMITS.discovery.dhtRetryMinMs, maxMs: LIMITS.discovery.dhtRetryMaxMs }

  const report = ({ id, multiaddrs }: PeerInfo): void => {
    if (id.equals(node.peerId) || multiaddrs.length === 0) return
    onFound({ id, addresses: multiaddrs.slice(0, LIMITS.discovery.dhtAddressesMax), by: 'dht' })
  }
  const query = <T>(topic: Topic, ask: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    slots.run(() => {
      const timeout = AbortSignal.timeout(LIMITS.discovery.dhtQueryTimeoutMs)
      return ask(AbortSignal.any([topic.stop.signal, timeout]))
    }, topic.stop.signal)

  const provideOnce = async (topic: Topic): Promise<number | undefined> => {
    const stored = await query(topic, (stop) => provide(dht, topic.cid, stop))
    topic.provided = stored > 0
    if (topic.provided) options.onEvent('provided', { topic: topic.cid.toString(), stored })
    return topic.provided ? jitteredMs(intervals.provideMs, random) : undefined
  }
  const lookUpOnce = async (topic: Topic): Promise<number | undefined> => {
    let others = 0
    const count = (provider: PeerInfo): void => {
      if (!provider.id.equals(node.peerId)) others += 1
      report(provider)
    }
    await query(topic, (stop) => lookUp(dht, topic.cid, count, stop))
    topic.found = others > 0
    options.onEvent('looked-up', { topic: topic.cid.toString(), providers: others })
    if (topic.complete) return jitteredMs(intervals.lookupCompleteMs, random)
    return topic.found ? jitteredMs(intervals.lookupIncompleteMs, random) : undefined
  }

  const start = ({ topic: text, complete }: Followed): void => {
    const cid = CID.parse(text)
    const stop = new AbortController()
    const alarms = { lookupAlarm: createAlarm(), provideAlarm: createAlarm() }
    const topic: Topic = { cid, complete, provided: false, found: false, stop, ...alarms }
    topics.set(text, topic)
    const common = {
      signal: stop.signal,
      random,
      retry,
      onFailure: (error: unknown) => options.onEvent('dht-failed', { topic: text, error }),
    }
    const running = Promise.all([
      repeat(() => provideOnce(topic), { ...common, alarm: topic.provideAlarm }),
      repeat(() => lookUpOnce(topic), { ...common, alarm: topic.lookupAlarm }),
    ])
    loops.add(running)
    void running.finally(() => loops.delete(running))
  }

  const drop = (text: string, topic: Topic): void => {
    topic.stop.abort(new Error('not followed any more'))
    topics.delete(text)
    // libp2p would go on providing it on its own.
    dht.cancelReprovide(topic.cid).catch((error: unknown) => options.onEvent('dht-failed', { topic: text, error }))
  }

  const changed = (): void => {
    if (signal.aborted) return
    const wanted = new Map(followed().map((entry) => [entry.topic, entry]))
    for (const [text, topic] of topics) if (!wanted.has(text)) drop(text, topic)
    for (const [text, entry] of wanted) {
      const topic = topics.get(text)
      if (topic === undefined) start(entry)
      else if (topic.complete !== entry.complete) {
        topic.complete = entry.complete
        topic.lookupAlarm.ring()
      }
    }
  }

  // Another node of the DHT: what nobody could be told or asked before, now perhaps can.
  const onIdentify = ({ detail }: { detail: { protocols: string[] } }): void => {
    if (!detail.protocols.includes(kadProtocol(options.fleet))) return
    for (const topic of topics.values()) {
      if (!topic.provided) topic.provideAlarm.ring()
      if (!topic.found && !topic.complete) topic.lookupAlarm.ring()
    }
  }

  const stopped = Promise.withResolvers<undefined>()
  node.addEventListener('peer:identify', onIdentify)
  signal.addEventListener('abort', () => {
    node.removeEventListener('peer:identify', onIdentify)
    for (const topic of topics.values()) topic.stop.abort(new Error('discovery is stopping'))
    void Promise.allSettled(loops).then(() => stopped.resolve(undefined))
  })
  return { changed, done: stopped.promise }
}
