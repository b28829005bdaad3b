/**
 * Devices that announce and report, each a libp2p node with one connection. Says when it is connected, begins when a line comes, and prints how long
 * each answer took.
 */
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { createSigner, signReport, type Report } from '@shoal/release'
import { announce, ask, newIdentity, sendReports, startNode, stopNode, trackerProtocol } from '@shoal/tracker/client'
import type { SignedReport } from '@shoal/tracker/client'

export interface LoadConfig {
  fleet: string
  tracker: string
  nodes: number
  seconds: number
  /** A second, of all nodes together. */
  announces: number
  reports: number
  /** Reports of one message. */
  batch: number
}

export interface LoadResult {
  announceMs: number[]
  reportMs: number[]
  reports: number
  failed: number
}

const TOPIC = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
/** A tracker runs for months: its first seconds, while the engine compiles what is called often, are not its speed. */
const WARM_UP_MS = 5_000
const ANSWER_LIMITS = { questionBytesMax: 16 * 1024, answerBytesMax: 128 * 1024, timeoutMs: 10_000 }
const STATES = ['began', 'downloaded', 'activated', 'healthy'] as const

const config = JSON.parse(process.argv[2] ?? '{}') as LoadConfig
const devices = await Promise.all(Array.from({ length: config.nodes }, startDevice))
process.stdout.write('"ready"\n')
await once(process.stdin, 'data')

const result: LoadResult = { announceMs: [], reportMs: [], reports: 0, failed: 0 }
const beginsMs = performance.now() + WARM_UP_MS
const endsMs = beginsMs + config.seconds * 1_000
const everyMs = (rate: number): number => (config.nodes / rate) * 1_000
await Promise.all(
  devices.flatMap((device) => [
    ...(config.announces === 0 ? [] : [repeat(everyMs(config.announces), device.announce, result.announceMs)]),
    ...(config.reports === 0 ? [] : [repeat(everyMs(config.reports / config.batch), device.report, result.reportMs)]),
  ]),
)
process.stdout.write(`${JSON.stringify(result)}\n`)
await Promise.all(devices.map((device) => device.stop()))

/** At its own moment within the interval first; one that takes longer than the interval is followed at once. */
async function repeat(intervalMs: number, act: () => Promise<void>, tookMs: number[]): Promise<void> {
  let dueMs = performance.now() + Math.random() * intervalMs
  while (dueMs < endsMs) {
    await pause(Math.max(0, dueMs - performance.now()))
    const startedMs = performance.now()
    try {
      await act()
      const doneMs = performance.now()
      if (startedMs >= beginsMs && doneMs <= endsMs) tookMs.push(doneMs - startedMs)
    } catch {
      result.failed += 1
    }
    dueMs = Math.max(dueMs + intervalMs, performance.now())
  }
}

async function startDevice() {
  const privateKey = await newIdentity()
  const listen = [multiaddr('/ip4/127.0.0.1/tcp/0')]
  const node = await startNode({ fleet: config.fleet, privateKey, listen, dht: 'off' })
  const { remotePeer } = await node.dial(multiaddr(config.tracker), { signal: AbortSignal.timeout(60_000) })
  const device = peerIdFromPrivateKey(privateKey).toString()
  const waiting = signAll(device, createSigner(privateKey.raw.subarray(0, 32)))
  const request = { topics: [{ topic: TOPIC, complete: false }], site: 'bench', role: 'device', want: 10 } as const
  await announce(node, remotePeer, config.fleet, { ...request, topics: [...request.topics] }, deadline())
  // A device announces once in a minute or more. What it does besides, to list its addresses and to look at each that it is told, would be most
  // of what all of these devices on one processor do: once, above, is enough.
  const question = { v: 1, ...request, addresses: node.getMultiaddrs().map(String) }
  const protocol = trackerProtocol(config.fleet)
  return {
    announce: async () => {
      const answer = await ask(node, remotePeer, protocol, question, ANSWER_LIMITS, deadline())
      if ((answer as { status: unknown }).status !== 'ok') throw new Error('refused')
    },
    report: async () => {
      const batch = waiting.splice(0, config.batch)
      if (batch.length === 0) throw new Error('all reports are sent')
      const { durable } = await sendReports(node, remotePeer, config.fleet, batch, deadline())
      if (durable.length !== batch.length) throw new Error('not all were taken')
    },
    stop: () => stopNode(node),
  }
}

function deadline(): { signal: AbortSignal } {
  return { signal: AbortSignal.timeout(10_000) }
}

/** Before it begins: devices sign on processors of their own. */
function signAll(device: string, signer: ReturnType<typeof createSigner>): SignedReport[] {
  const count = Math.ceil(((config.reports * (config.seconds + WARM_UP_MS / 1_000)) / config.nodes) * 1.2)
  return Array.from({ length: count }, (_, at) => {
    const counter = at + 1
    const state = STATES[at % STATES.length] ?? 'began'
    const report: Report = {
      ...{ fleet: config.fleet, device, counter, atMs: Date.now(), site: 'bench', group: '', labels: { region: 'eu' } },
      ...{
        platform: 'linux-x64',
        agent: 'shoal-peer/0.1.0',
        product: 'game',
        channel: 'stable',
        version: '2.0',
        state,
      },
    }
    return { counter, bytes: signReport(report, signer) }
  })
}
