/** Takes lanes: at hosts that a connected peer has, of peers that prove to be one of those. A stranger is not spoken to. */
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { TLSSocket } from 'node:tls'
import type { PeerId } from '@libp2p/interface'
import { PeerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import { linkOverLane, type Link } from '../links/index.ts'
import { createAllowance } from './allowance.ts'
import { plainHost } from './lane-host.ts'
import { laneOptions, provenPeer, type LaneIdentity } from './lane-tls.ts'

export interface LaneListenerConfig {
  identity: LaneIdentity
  /** Where to listen: addresses of this machine, or those that stand for all of them. */
  hosts: readonly string[]
  /** 0 for any; all hosts share it. */
  port: number
  /** Asked before the encryption, so that a stranger costs nothing. */
  admitsHost(host: string): boolean
  onLane(peer: PeerId, link: Link): void
  nowMs?: () => number
}

export interface LaneListener extends AsyncDisposable {
  readonly port: number
}

/** @throws PeerError LISTEN_FAILED */
export async function listenForLanes(config: LaneListenerConfig): Promise<LaneListener> {
  await using stack = new AsyncDisposableStack()
  const stopped = new AbortController()
  const pending = new Set<Socket>()
  const { unprovenBurst, unprovenRefillMs } = LIMITS.lane
  const unproven = createAllowance(unprovenBurst, unprovenRefillMs, config.nowMs ?? (() => performance.now()))
  let { port } = config

  async function accept(raw: Socket): Promise<void> {
    const host = plainHost(raw.remoteAddress ?? '')
    const hasRoom = pending.size < LIMITS.lane.pendingMax && config.admitsHost(host) && unproven.take()
    if (!hasRoom) return void raw.destroy()
    pending.add(raw)
    const socket = new TLSSocket(raw, { ...laneOptions(config.identity), isServer: true, requestCert: true })
    const gone = new AbortController()
    const drop = (): void => void socket.destroy()
    raw.on('error', drop)
    raw.once('close', () => gone.abort())
    socket.on('error', drop)
    try {
      const timeout = AbortSignal.timeout(LIMITS.lane.openTimeoutMs)
      const signal = AbortSignal.any([stopped.signal, gone.signal, timeout])
      const peer = await provenPeer(socket, 'secure', signal)
      unproven.giveBack()
      config.onLane(peer, linkOverLane(peer.toString(), socket))
    } catch {
      // Whoever it was, it hears nothing, and there is nobody to blame: nothing was proven.
      drop()
    } finally {
      pending.delete(raw)
    }
  }

  stack.defer(() => stopped.abort())
  for (const host of new Set(config.hosts)) {
    const server = createServer({ noDelay: true, keepAlive: true }, (raw) => void accept(raw))
    stack.defer(() => void server.close())
    port = await listen(server, host, port)
  }
  const kept = stack.move()
  return { port, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  // `::` would take the port of `0.0.0.0` as well.
  server.listen({ host, port, ipv6Only: true })
  try {
    await once(server, 'listening')
  } catch (cause) {
    throw new PeerError('LISTEN_FAILED', `cannot listen on ${host} port ${port} for lanes`, {
      cause,
      fix: 'choose another port (lanePort, --lane-port), or none (lane: false, --no-lane)',
    })
  }
  // What fails from here on is the taking of one connection; whoever made it comes again.
  server.on('error', () => undefined)
  return (server.address() as AddressInfo).port
}
