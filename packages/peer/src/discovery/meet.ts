// Stays connected to a tracker or bootstrap node: through it the DHT reaches everybody else.
import type { Libp2p, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { OnEvent } from '../events.ts'
import { LIMITS } from '../limits.ts'
import { createAlarm } from '../alarm.ts'
import { connectTo } from './connect.ts'
import { jitteredMs } from './pacing.ts'
import { repeat } from './repeat.ts'

interface MeetOptions {
  signal: AbortSignal
  random: () => number
  retry: { minMs: number; maxMs: number }
  onEvent: OnEvent
}

/** Runs until the signal aborts: dials, waits for the connection to end, dials again. */
export async function keepMeeting(node: Libp2p, address: Multiaddr, options: MeetOptions): Promise<void> {
  const alarm = createAlarm()
  let met: PeerId | undefined
  const onDisconnect = ({ detail }: { detail: PeerId }): void => {
    if (met?.equals(detail) !== true) return
    met = undefined
    alarm.ring()
  }
  node.addEventListener('peer:disconnect', onDisconnect)
  try {
    await repeat(
      async () => {
        const peer = await connectTo(node, address, options.signal)
        if (met === undefined) options.onEvent('met', { address: address.toString() })
        met = peer
        return jitteredMs(LIMITS.discovery.meetCheckMs, options.random)
      },
      {
        ...options,
        alarm,
        onFailure: (error, failures) =>
          options.onEvent('unreachable', { address: address.toString(), failures, error }),
      },
    )
  } finally {
    node.removeEventListener('peer:disconnect', onDisconnect)
  }
}
