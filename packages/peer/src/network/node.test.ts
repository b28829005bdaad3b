import { multiaddr } from '@multiformats/multiaddr'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import { newIdentity } from './identity.ts'
import { startNode, stopNode, type NetworkConfig } from './node.ts'

async function config(listen: string, fields: Partial<NetworkConfig> = {}): Promise<NetworkConfig> {
  const fleet = '0123456789abcdef0123456789abcdef'
  return { fleet, privateKey: await newIdentity(), listen: [multiaddr(listen)], dht: 'off', ...fields }
}

const hasLan = Object.values(networkInterfaces()).some((list) =>
  list?.some((it) => it.family === 'IPv4' && !it.internal),
)

describe('startNode', () => {
  it('says what to do when the port is in use', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    try {
      const started = startNode(await config(`/ip4/127.0.0.1/tcp/${port}`))
      await expect(started).rejects.toMatchObject({
        name: 'PeerError',
        code: 'LISTEN_FAILED',
        message: /port is in use/,
        fix: /another/,
      })
    } finally {
      taken.close()
    }
  })

  it('says what to do about an address of another machine', async () => {
    const started = startNode(await config('/ip4/203.0.113.77/tcp/0'))
    await expect(started).rejects.toMatchObject({ code: 'LISTEN_FAILED', message: /no such address/ })
  })

  it('announces loopback when it listens on nothing else', async () => {
    const node = await startNode(await config('/ip4/127.0.0.1/tcp/0'))
    expect(node.getMultiaddrs().map(String)).toEqual([
      expect.stringMatching(new RegExp(`^/ip4/127.0.0.1/tcp/\\d+/p2p/${node.peerId.toString()}$`)),
    ])
    await stopNode(node)
  })

  it.skipIf(!hasLan)('does not announce loopback beside an address of the LAN', async () => {
    const node = await startNode(await config('/ip4/0.0.0.0/tcp/0'))
    const addresses = node.getMultiaddrs().map(String)
    expect(addresses.length).toBeGreaterThan(0)
    expect(addresses.join()).not.toContain('/127.')
    await stopNode(node)
  })

  it('announces what it is told to', async () => {
    const announce = [multiaddr('/dns4/peer.example.com/tcp/7070')]
    const node = await startNode(await config('/ip4/127.0.0.1/tcp/0', { announce }))
    expect(node.getMultiaddrs().map(String)).toEqual([`/dns4/peer.example.com/tcp/7070/p2p/${node.peerId.toString()}`])
    await stopNode(node)
  })

  it('introduces itself to others as shoal, over TLS', async () => {
    const [a, b] = await Promise.all([
      startNode(await config('/ip4/127.0.0.1/tcp/0')),
      startNode(await config('/ip4/127.0.0.1/tcp/0')),
    ])
    const identified = once(a as unknown as EventTarget, 'peer:identify') as Promise<
      [CustomEvent<{ agentVersion: string }>]
    >
    const connection = await a.dial(b.getMultiaddrs())
    const [{ detail }] = await identified
    expect(detail.agentVersion).toBe('shoal/0.1.0')
    expect(connection.encryption).toBe('/tls/1.0.0')
    await Promise.all([stopNode(a), stopNode(b)])
  })
})
