import { encode } from '@ipld/dag-cbor'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../limits.ts'
import { parseReply, type AnnounceMessage, type ReplyMessage } from '../announce/message.ts'
import { newIdentity } from '../node/identity.ts'
import { createRegistry } from '../registry/registry.ts'
import { answerAnnounce, type Asker } from './announce-service.ts'
import { createRateLimit } from './rate-limit.ts'

const LAN = '/ip4/10.0.0.9/tcp/55555'
const LOCAL = '/ip4/127.0.0.1/tcp/55555'
const A = '12D3KooWJ9LxSL3dNZc7AcX3HNcCBdL8JZtFPr27gVNU1MuXQpDh'
const B = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'

function createSubject() {
  const clock = { nowMs: 0 }
  const now = (): number => clock.nowMs
  const random = (): number => 0.5
  const registry = createRegistry({ now, random })
  const rateLimit = createRateLimit({ burst: 20, refillMs: 2_000, keysMax: 100 }, now)
  const deps = { registry, rateLimit, now, random, intervalMs: 10_000 }
  const ask = (peerId: string, message: unknown, remoteAddress = LAN, member?: Asker['member']): ReplyMessage =>
    answerAnnounce(message, { peerId, remoteAddress, member }, deps)
  return { clock, registry, ask }
}

async function manyPeerIds(count: number): Promise<string[]> {
  const keys = await Promise.all(Array.from({ length: count }, () => newIdentity()))
  return keys.map((key) => peerIdFromPrivateKey(key).toString())
}

function announce(fields: Partial<AnnounceMessage> = {}): AnnounceMessage {
  const topics = [{ topic: 'bafkrei', complete: false }]
  return { v: 1, topics, role: 'device', want: 10, addresses: ['/ip4/10.0.0.1/tcp/7070'], ...fields }
}

describe('an answer to an announce', () => {
  it('names those who share a topic, with what they have', () => {
    const { ask } = createSubject()
    ask(A, announce({ site: 'waw', role: 'cache', topics: [{ topic: 'bafkrei', complete: true }] }))
    expect(ask(B, announce())).toEqual({
      v: 1,
      status: 'ok',
      intervalMs: 10_000,
      peers: [
        { peerId: A, addresses: [`/ip4/10.0.0.1/tcp/7070/p2p/${A}`], site: 'waw', role: 'cache', complete: true },
      ],
    })
  })

  it('goes by the credential of a member, and not by what it says of itself', () => {
    const { ask } = createSubject()
    ask(A, announce({ site: 'waw', role: 'cache' }), LAN, { site: 'krk', role: 'device' })
    expect(ask(B, announce())).toMatchObject({ peers: [{ peerId: A, site: 'krk', role: 'device' }] })
  })

  it('names nobody who has everything to a peer that has everything', () => {
    const { ask } = createSubject()
    const topics = [{ topic: 'bafkrei', complete: true }]
    ask(A, announce({ topics }))
    expect(ask(B, announce({ topics }))).toMatchObject({ peers: [] })
    expect(ask(B, announce())).toMatchObject({ peers: [{ peerId: A }] })
    expect(ask(A, announce({ topics }))).toMatchObject({ peers: [{ peerId: B }] })
  })

  it('forgets who has not announced for two and a half intervals', () => {
    const { ask, clock } = createSubject()
    ask(A, announce())
    clock.nowMs = 24_999
    expect(ask(B, announce())).toMatchObject({ peers: [{ peerId: A }] })
    clock.nowMs = 25_000
    expect(ask(B, announce())).toMatchObject({ peers: [] })
  })

  it('forgets who says goodbye', () => {
    const { ask, registry } = createSubject()
    ask(A, announce())
    ask(A, announce({ topics: [] }))
    expect(registry.peers).toBe(0)
  })

  it('does not hand out addresses of somebody else, nor loopback to another machine', () => {
    const { ask } = createSubject()
    const addresses = [`/ip4/10.0.0.1/tcp/1/p2p/${B}`, '/ip4/127.0.0.1/tcp/2']
    ask(A, announce({ addresses }), LAN)
    expect(ask(B, announce(), LOCAL)).toMatchObject({ peers: [] })
    ask(A, announce({ addresses }), LOCAL)
    expect(ask(B, announce(), LOCAL)).toMatchObject({ peers: [{ addresses: [`/ip4/127.0.0.1/tcp/2/p2p/${A}`] }] })
    expect(ask(B, announce(), LAN)).toMatchObject({ peers: [] })
  })

  it('is a status and no more when the announce is not understood', () => {
    expect(createSubject().ask(A, { hello: 'tracker' })).toEqual({ v: 1, status: 'invalid', retryMs: 10_000 })
  })

  it('keeps one entry and answers a burst when one peer announces a thousand times', () => {
    const { ask, registry, clock } = createSubject()
    const statuses = Array.from({ length: 1_000 }, () => ask(A, announce()).status)
    expect(statuses.filter((status) => status === 'ok')).toHaveLength(LIMITS.announceBurst)
    expect(registry.peers).toBe(1)
    expect(ask(A, announce())).toMatchObject({ status: 'too-often', retryMs: 2_000 })
    clock.nowMs = 2_000
    expect(ask(A, announce()).status).toBe('ok')
  })

  it('fits its frame even when every peer has all it may have', async () => {
    const { ask } = createSubject()
    const addresses = Array.from(
      { length: LIMITS.addressesPerPeerMax },
      (_, i) => `/dns4/${'a'.repeat(184)}/tcp/${i + 1}`,
    )
    const ids = await manyPeerIds(60)
    for (let i = 0; i < 60; i += 1) ask(ids[i] ?? '', announce({ addresses, site: 's'.repeat(64) }))
    const reply = ask(B, announce({ want: LIMITS.handOutPeersMax }))
    expect(reply).toMatchObject({ peers: { length: LIMITS.handOutPeersMax } })
    expect(reply.status === 'ok' && reply.peers[0]?.addresses).toHaveLength(LIMITS.addressesPerPeerMax)
    expect(encode(reply).length).toBeLessThan(LIMITS.handOutBytesMax)
    expect(parseReply(reply)).toEqual(reply)
  })
})
