// How every node of a fleet is wired. Peers and trackers must agree on most of it, so it stands once.
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import type { GossipSub } from '@libp2p/gossipsub'
import { identify, type Identify } from '@libp2p/identify'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import { kadDHT, passthroughMapper, type KadDHT } from '@libp2p/kad-dht'
import { ping, type Ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import type { Multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import { isLoopbackAddress } from '../announce/address.ts'
import { TrackerError } from '../error.ts'
import { guarded, type Handshake } from '../handshake/guard.ts'
import { boundStrangers } from '../handshake/strangers.ts'
import { LIMITS } from '../limits.ts'
import { fleetGossip } from '../news/gossip.ts'
import { createBoundedStore } from './bounded-store.ts'
import { nativeTls } from './native-tls.ts'
import { stopNode } from './stop.ts'

export interface NodeConfig {
  /** 32 hex characters from the trusted root. */
  fleet: string
  privateKey: PrivateKey
  listen: readonly Multiaddr[]
  /** Addresses to tell others instead of those that it listens on: behind a port forward, or with a public address. */
  announce?: readonly Multiaddr[]
  /** `client` for a node that others cannot dial: it would only be a hole in the table. */
  dht: 'server' | 'client' | 'off'
  connectionsMax?: number
  /** Of a private fleet: what both sides of a connection must pass before anything else is said on it. */
  handshake?: Handshake
}

interface FleetServices extends Record<string, unknown> {
  identify: Identify
  ping: Ping
  dht: KadDHT | undefined
  gossip: GossipSub
}

export function kadProtocol(fleet: string): string {
  return `/shoal/${fleet}/kad/1.0.0`
}

export const AGENT_VERSION = 'shoal/0.1.0'

/** A running node; LISTEN_FAILED when one of the addresses cannot be listened on. */
export async function startNode(config: NodeConfig): Promise<Libp2p> {
  const node = await createLibp2p({ ...nodeOptions(config), start: false })
  try {
    await node.start()
    return node
  } catch (error) {
    await stopNode(node)
    throw listenError(error, config.listen) ?? error
  }
}

/** Drops loopback addresses, unless there is nothing else: then the whole fleet is on this machine, or nobody can dial it anyway. */
function announced(addresses: Multiaddr[]): Multiaddr[] {
  const reachable = addresses.filter((address) => !isLoopbackAddress(address.toString()))
  return reachable.length > 0 ? reachable : addresses
}

function nodeOptions(config: NodeConfig): Libp2pOptions<FleetServices> {
  return {
    privateKey: config.privateKey,
    nodeInfo: { name: 'shoal', version: '0.1.0', userAgent: AGENT_VERSION },
    addresses: {
      listen: config.listen.map((address) => address.toString()),
      announce: (config.announce ?? []).map((address) => address.toString()),
      announceFilter: announced,
    },
    datastore: createBoundedStore(),
    transports: [tcp()],
    connectionEncrypters: encrypters(config.handshake),
    // A larger window would let one transfer block everything else behind it on a slow link.
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: LIMITS.streamWindowBytesMax } })],
    connectionManager: {
      maxConnections: config.connectionsMax ?? LIMITS.connectionsMax,
      inboundConnectionThreshold: LIMITS.inboundConnectionsPerSecondAndIpMax,
      maxIncomingPendingConnections: LIMITS.inboundConnectionsPendingMax,
      inboundUpgradeTimeout: LIMITS.inboundUpgradeTimeoutMs,
      maxPeerAddrsToDial: LIMITS.dialAddressesMax,
    },
    // A busy connection answers a ping late; that is no reason to cut it.
    connectionMonitor: { abortConnectionOnPingFailure: false, pingInterval: 30_000 },
    // One provider without addresses would spoil the answer of whoever is asked for it.
    peerStore: { maxAddressAge: Infinity, maxPeerAge: Infinity },
    ...(config.handshake === undefined ? {} : { connectionGater: boundStrangers() }),
    services: {
      identify: identify(),
      ping: ping(),
      dht: config.dht === 'off' ? () => undefined : fleetDht(config.fleet, config.dht),
      gossip: fleetGossip(config.fleet),
    },
  }
}

/** In this order: TLS moves more bytes per second. */
function encrypters(handshake: Handshake | undefined): NonNullable<Libp2pOptions['connectionEncrypters']> {
  return handshake === undefined
    ? [nativeTls(), noise()]
    : [guarded(nativeTls(), handshake), guarded(noise(), handshake)]
}

/** The defaults are for the public network: on a LAN they do nothing. */
function fleetDht(fleet: string, mode: 'server' | 'client'): ReturnType<typeof kadDHT> {
  return kadDHT({
    protocol: kadProtocol(fleet),
    clientMode: mode === 'client',
    peerInfoMapper: passthroughMapper,
    allowQueryWithZeroPeers: true,
  })
}

function listenError(error: unknown, listen: readonly Multiaddr[]): TrackerError | undefined {
  if (!(error instanceof Error) || error.name !== 'UnsupportedListenAddressesError') return undefined
  const where = listen.map((address) => address.toString()).join(', ')
  const [why, fix] = error.message.includes('EADDRINUSE')
    ? ['the port is in use', 'stop the program that holds the port, or listen on another one']
    : error.message.includes('EACCES')
      ? ['that is not permitted', 'listen on a port above 1023']
      : [
          'this machine has no such address',
          'listen on /ip4/0.0.0.0/tcp/PORT, or on an address that `ip address` shows',
        ]
  return new TrackerError('LISTEN_FAILED', `cannot listen on ${where}: ${why}`, { cause: error, fix })
}
