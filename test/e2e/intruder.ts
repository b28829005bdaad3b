/**
 * An intruder on the LAN of a private fleet. It knows the fleet's id, its protocols and where its members are; it has an identity and a
 * credential like theirs, only that its own key signed it, and it does not know the member secret.
 */
import { createSigner, signCredential } from '@shoal/release'
import { kadProtocol, newIdentity, startNode, stopNode, trackerProtocol, type Handshake } from '@shoal/tracker/client'
import { randomBytes } from 'node:crypto'
import { readAddresses } from '../../packages/peer/src/config/index.ts'
import { FRAME_BYTES, sealFrame } from '../../packages/tracker/src/handshake/seal.ts'

export interface Intruder extends AsyncDisposable {
  readonly node: Node
  readonly id: string
  readonly addresses: string[]
  /** Bytes that members said to it after the encryption, and what it could read of them. */
  readonly heard: Uint8Array[]
  /** How often a connection of its own came as far as its encryption. */
  readonly encrypted: number
  /** Whether libp2p came so far as to tell it the protocols of anybody. */
  readonly identified: readonly string[]
}

type Node = Awaited<ReturnType<typeof startNode>>

/** `plain`: as any libp2p node does it. `forged`: with a frame of the right form. */
export type Approach = 'plain' | 'forged'

const LOOPBACK = readAddresses(['/ip4/127.0.0.1/tcp/0'], '', false)

export async function startIntruder(fleet: string, approach: Approach): Promise<Intruder> {
  const privateKey = await newIdentity()
  const id = await idOf(privateKey)
  const heard: Uint8Array[] = []
  const identified: string[] = []
  let encrypted = 0
  const node = await startNode({
    fleet,
    privateKey,
    listen: LOOPBACK,
    dht: 'server',
    ...(approach === 'plain' ? {} : { handshake: forge(fleet, id, heard, () => encrypted++) }),
  })
  node.addEventListener('peer:identify', ({ detail }) => identified.push(...detail.protocols))
  return {
    node,
    id,
    addresses: node.getMultiaddrs().map(String),
    heard,
    get encrypted() {
      return encrypted
    },
    identified,
    [Symbol.asyncDispose]: () => stopNode(node),
  }
}

/** A peer id is told by a node alone. */
async function idOf(privateKey: Awaited<ReturnType<typeof newIdentity>>): Promise<string> {
  const node = await startNode({ fleet: '', privateKey, listen: [], dht: 'off' })
  await stopNode(node)
  return node.peerId.toString()
}

/** All that members talk to each other with. */
export function protocolsOf(fleet: string): string[] {
  const chunks = `/shoal/${fleet}/chunks/1`
  const members = `/shoal/${fleet}/members/1`
  return [chunks, members, kadProtocol(fleet), trackerProtocol(fleet), '/ipfs/id/1.0.0', '/ipfs/ping/1.0.0']
}

function forge(fleet: string, id: string, heard: Uint8Array[], onEncrypted: () => void): Handshake {
  const now = Math.floor(Date.now() / 1_000)
  const names = { fleet, peer: id, site: 'waw-1', group: '', role: 'device' as const }
  const credential = signCredential({ ...names, issued: now, expires: now + 3_600 }, createSigner(randomBytes(32)))
  const secret = randomBytes(32)
  return {
    async dialled(channel, remote) {
      onEncrypted()
      await channel.write(sealFrame(secret, { dialler: id, listener: remote, sender: 'dialler' }, credential))
      for (;;) heard.push(await channel.read(1))
    },
    async accepted(channel, remote) {
      heard.push(await channel.read(FRAME_BYTES))
      await channel.write(sealFrame(secret, { dialler: remote, listener: id, sender: 'listener' }, credential))
      for (;;) heard.push(await channel.read(1))
    },
  }
}
