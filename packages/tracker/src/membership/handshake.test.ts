// Real nodes on loopback: members, and whoever else may knock.
import type { Connection } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  credentialOf,
  membershipOf,
  NOW,
  revoking,
  SECRET,
  startMember,
  startWith,
  type Node,
} from '../fixture/fleet.ts'
import type { Channel, Handshake } from '../handshake/guard.ts'
import { FRAME_BYTES, sealFrame } from '../handshake/seal.ts'
import { newIdentity } from '../node/identity.ts'
import { memberHandshake } from './handshake.ts'

const ECHO = '/test/echo/1'

async function dial(from: Node, to: Node): Promise<Connection> {
  return from.node.dial(to.node.getMultiaddrs(), { signal: AbortSignal.timeout(10_000) })
}

/** Says on the connection what it may, and returns every byte that the other side sent before it hung up. */
function saying(frame: (remote: string, channel: Channel) => Uint8Array | Promise<Uint8Array>): {
  handshake: Handshake
  heard: Promise<number>
} {
  const { promise: heard, resolve } = Promise.withResolvers<number>()
  const say = async (channel: Channel, remote: string): Promise<void> => {
    await channel.write(await frame(remote, channel))
    let bytes = 0
    try {
      for (;;) bytes += (await channel.read(1)).length
    } finally {
      resolve(bytes)
    }
  }
  return { handshake: { dialled: say, accepted: say }, heard }
}

async function expectRefusal(stranger: Node, member: Node): Promise<void> {
  await expect(dial(stranger, member)).rejects.toThrow()
  expect(member.node.getConnections()).toEqual([])
}

describe('two members', () => {
  it('connect, know what each other is, and talk over TLS with an early muxer', async () => {
    await using a = await startMember({ site: 'waw-1' })
    await using b = await startMember({ site: 'waw-2', role: 'cache' })
    await b.node.handle(ECHO, (stream) => void stream.send(Buffer.from('hello')))
    const connection = await dial(a, b)
    expect(connection).toMatchObject({ encryption: '/tls/1.0.0', multiplexer: '/yamux/1.0.0' })
    const stream = await connection.newStream(ECHO)
    const hello = new Promise((resolve) =>
      stream.addEventListener('message', ({ data }) => resolve(data.subarray()), { once: true }),
    )
    expect(Buffer.from((await hello) as Uint8Array).toString()).toBe('hello')
    expect(a.membership.memberOf(b.id)).toMatchObject({ site: 'waw-2', role: 'cache' })
    expect(b.membership.memberOf(a.id)).toMatchObject({ site: 'waw-1', role: 'device' })
  })

  it('part when one of them is revoked', async () => {
    await using a = await startMember()
    await using b = await startMember()
    await dial(a, b)
    const parted = new Promise((resolve) => a.node.addEventListener('peer:disconnect', resolve, { once: true }))
    expect(b.membership.takeRevocations(revoking(1, a.id))).toBe(true)
    await parted
    await expectRefusal(a, b)
  })

  it('part when the credential of one of them expires', async () => {
    const clock = { seconds: NOW }
    await using a = await startMember({ expires: NOW + 60 })
    await using b = await startMember({}, clock)
    await dial(a, b)
    const parted = new Promise((resolve) => a.node.addEventListener('peer:disconnect', resolve, { once: true }))
    clock.seconds = NOW + 60 + 300
    await parted
    expect(b.membership.judge(a.id)).toBe('expired')
  })
})

// Some of these wait for a limit of seconds.
describe.concurrent('a member that is dialled lets in nobody', () => {
  it('who knows nothing of the fleet', async () => {
    await using member = await startMember()
    await using stranger = await startWith()
    await dial(stranger, member).then(
      // An early muxer makes the dialler believe that it is connected, until the member hangs up.
      async (connection) => new Promise((resolve) => connection.addEventListener('close', resolve, { once: true })),
      () => undefined,
    )
    expect(member.node.getConnections()).toEqual([])
  }, 15_000)

  it.each([
    ['who sends noise', () => randomBytes(FRAME_BYTES)],
    ['who sends more than a frame', () => randomBytes(100_000)],
    ['who sends half a frame', () => randomBytes(FRAME_BYTES / 2)],
    ['who sends nothing', () => new Uint8Array()],
  ])('%s, and says not a byte', async (_name, frame) => {
    const { handshake, heard } = saying(frame)
    await using member = await startMember()
    await using stranger = await startWith(handshake)
    await expectRefusal(stranger, member)
    expect(await heard).toBe(0)
  })

  it.each([
    ['that has expired', { issued: NOW - 1_000, expires: NOW - 400 }],
    ['that is not valid yet', { issued: NOW + 400 }],
    ['of another fleet', { fleet: 'f'.repeat(32) }],
    ['of another peer', { peer: `12D3KooW${'A'.repeat(44)}` }],
  ])('whose credential is one %s, and says not a byte', async (_name, change) => {
    await using member = await startMember()
    let id = ''
    const { handshake, heard } = saying((remote) =>
      sealFrame(SECRET, { dialler: id, listener: remote, sender: 'dialler' }, credentialOf(id, change)),
    )
    await using stranger = await startWith(handshake)
    id = stranger.id
    await expectRefusal(stranger, member)
    expect(await heard).toBe(0)
  })

  it('who repeats the frame that another member has shown it', async () => {
    let frame: Uint8Array = new Uint8Array()
    const { promise: shown, resolve } = Promise.withResolvers<undefined>()
    const listening: Handshake = {
      dialled: () => Promise.reject(new Error('it does not dial')),
      async accepted(channel) {
        frame = await channel.read(FRAME_BYTES)
        resolve(undefined)
        throw new Error('enough')
      },
    }
    await using thief = await startWith(listening)
    await using victim = await startMember()
    await expect(dial(victim, thief)).rejects.toThrow()
    await shown

    const { handshake, heard } = saying(() => frame)
    await using again = await startWith(handshake)
    await using member = await startMember()
    await expectRefusal(again, member)
    await expectRefusal(again, victim)
    expect(await heard).toBe(0)
  })

  it('once it is no member itself', async () => {
    await using a = await startMember()
    await using b = await startMember()
    b.membership.takeRevocations(revoking(1, b.id))
    await expectRefusal(a, b)
  })
})

describe.concurrent('a member that dials', () => {
  it('shows a stranger so many random bytes, and goes', async () => {
    const frames: Uint8Array[] = []
    const { promise: heard, resolve } = Promise.withResolvers<undefined>()
    const listening: Handshake = {
      dialled: () => Promise.reject(new Error('it does not dial')),
      async accepted(channel) {
        frames.push(await channel.read(FRAME_BYTES))
        await channel.write(randomBytes(FRAME_BYTES))
        await channel.read(1).catch(() => resolve(undefined))
      },
    }
    await using stranger = await startWith(listening)
    await using member = await startMember({ site: 'waw-1' })
    await expect(dial(member, stranger)).rejects.toThrow()
    await heard
    expect(member.node.getConnections()).toEqual([])
    expect(frames).toHaveLength(1)
    expect(Buffer.from(frames[0] ?? []).toString('latin1')).not.toMatch(/waw|shoal|device/)
  })

  it('shows nothing to a member that was revoked', async () => {
    let bytes = 0
    const listening: Handshake = {
      dialled: () => Promise.reject(new Error('it does not dial')),
      accepted: async (channel) => void (bytes += (await channel.read(1)).length),
    }
    await using revoked = await startWith(listening)
    await using member = await startMember()
    member.membership.takeRevocations(revoking(1, revoked.id))
    await expect(dial(member, revoked)).rejects.toThrow()
    expect(bytes).toBe(0)
  })

  it('gives up on a stranger that says nothing', async () => {
    await using stranger = await startWith({
      dialled: () => Promise.reject(new Error('it does not dial')),
      async accepted(channel) {
        await channel.read(FRAME_BYTES)
        await channel.ended()
      },
    })
    await using member = await startMember()
    await expect(dial(member, stranger)).rejects.toThrow()
    expect(member.node.getConnections()).toEqual([])
  })

  it('learns from a tracker that it is revoked, and stops to be a member', async () => {
    await using member = await startMember()
    const key = await newIdentity()
    const membership = membershipOf(peerIdFromPrivateKey(key).toString(), { role: 'tracker' })
    membership.takeRevocations(revoking(4, member.id))
    await using tracker = await startWith(memberHandshake(membership, { enrol: () => Promise.resolve(false) }), key)
    await expect(dial(member, tracker)).rejects.toThrow()
    expect(member.membership.standing()).toBe('revoked')
    expect(member.membership.sequence).toBe(4)
  })
})
