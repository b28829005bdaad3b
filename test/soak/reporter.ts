/** A simulated device on the network: it decides from the policy, and tells a tracker over libp2p until it knows that it was heard. */
import { multiaddr } from '@multiformats/multiaddr'
import { createSigner } from '@shoal/release'
import { newIdentity, sendReports, startNode, stopNode } from '@shoal/tracker/client'
import { SimDevice, type SimChannel } from '../../packages/tracker/src/fixture/sim-device.ts'
import { repeat } from './repeat.ts'

export interface Reporter extends AsyncDisposable {
  readonly device: SimDevice
  /** Reports that the tracker said it has, and how often one was sent. */
  readonly acknowledged: number
  readonly sent: number
}

interface ReporterConfig {
  name: string
  group: string
  fleet: string
  /** Multiaddr with /p2p/. */
  tracker: string
  channel: SimChannel
  random: () => number
}

/** Its clock goes so far ahead with every look, so that a download takes no minutes. */
const STRIDE_MS = 60_000
const LOOK_WITHIN_MS = 400
const SEND_TIMEOUT_MS = 20_000
/** Of the answers, so many are lost: what they acknowledge is sent again. */
const LOST_SHARE = 0.1

export async function startReporter({
  name,
  group,
  fleet,
  tracker,
  channel,
  random,
}: ReporterConfig): Promise<Reporter> {
  const privateKey = await newIdentity()
  const device = new SimDevice(name, group, channel, { fleet, signer: createSigner(privateKey.raw.subarray(0, 32)) })
  const node = await startNode({ fleet, privateKey, listen: [], dht: 'off' })
  let [acknowledged, sent, nowMs] = [0, 0, Date.now()]
  device.present(nowMs)

  const running = repeat(async (stopping) => {
    device.step((nowMs += STRIDE_MS))
    const reports = device.outbox()
    if (reports.length > 0) {
      const signal = AbortSignal.any([stopping, AbortSignal.timeout(SEND_TIMEOUT_MS)])
      const { remotePeer } = await node.dial(multiaddr(tracker), { signal })
      sent += reports.length
      const { durable } = await sendReports(node, remotePeer, fleet, reports, { signal })
      if (random() >= LOST_SHARE) {
        device.acknowledge(durable)
        acknowledged += durable.length
      }
    }
    return random() * LOOK_WITHIN_MS
  })
  return {
    device,
    get acknowledged() {
      return acknowledged
    },
    get sent() {
      return sent
    },
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]()
      await stopNode(node)
    },
  }
}
