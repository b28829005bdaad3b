import { decode, encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../limits.ts'
import { dialableAddress, isLoopbackAddress } from './address.ts'
import { parseAnnounce, parseReply } from './message.ts'

const PEER = '12D3KooWJ9LxSL3dNZc7AcX3HNcCBdL8JZtFPr27gVNU1MuXQpDh'
const OTHER = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'
const ANNOUNCE = {
  v: 1,
  topics: [{ topic: 'bafkreigh2akiscaildc', complete: false }],
  site: 'waw-2',
  role: 'device',
  want: 30,
  addresses: ['/ip4/10.0.0.1/tcp/7070'],
}
const REPLY = {
  v: 1,
  status: 'ok',
  intervalMs: 30_000,
  peers: [{ peerId: PEER, addresses: ['/ip4/10.0.0.1/tcp/7070'], role: 'cache', complete: true }],
}

describe('an announce', () => {
  it('is read as it was sent', () => {
    expect(parseAnnounce(decode(encode(ANNOUNCE)))).toEqual(ANNOUNCE)
  })

  it.each([
    ['another version', { ...ANNOUNCE, v: 2 }],
    ['an unknown key', { ...ANNOUNCE, extra: 1 }],
    ['a topic that is no CID', { ...ANNOUNCE, topics: [{ topic: '../x', complete: false }] }],
    ['a topic named twice', { ...ANNOUNCE, topics: [...ANNOUNCE.topics, ...ANNOUNCE.topics] }],
    ['an empty site', { ...ANNOUNCE, site: '' }],
    ['a site that is too long', { ...ANNOUNCE, site: 'x'.repeat(LIMITS.siteCharactersMax + 1) }],
    ['an unknown role', { ...ANNOUNCE, role: 'king' }],
    ['a want below zero', { ...ANNOUNCE, want: -1 }],
    ['a want above the limit', { ...ANNOUNCE, want: LIMITS.handOutPeersMax + 1 }],
    ['a want that is no whole number', { ...ANNOUNCE, want: 1.5 }],
    [
      'too many addresses',
      { ...ANNOUNCE, addresses: Array(LIMITS.addressesPerPeerMax + 1).fill('/ip4/1.2.3.4/tcp/1') },
    ],
    ['no addresses', { ...ANNOUNCE, addresses: undefined }],
    ['null', null],
  ])('with %s is refused', (_name, message) => {
    expect(parseAnnounce(message)).toBeUndefined()
  })
})

describe('a hand-out', () => {
  it('is read as it was sent', () => {
    expect(parseReply(decode(encode(REPLY)))).toEqual(REPLY)
  })

  it.each([
    ['a peer id that is none', { ...REPLY, peers: [{ ...REPLY.peers[0], peerId: 'me' }] }],
    ['an interval of nothing', { ...REPLY, intervalMs: 0 }],
    ['an interval of ages', { ...REPLY, intervalMs: 1e12 }],
    ['an unknown status', { ...REPLY, status: 'maybe' }],
    ['too many peers', { ...REPLY, peers: Array(LIMITS.handOutPeersMax + 1).fill(REPLY.peers[0]) }],
  ])('with %s is refused', (_name, message) => {
    expect(parseReply(message)).toBeUndefined()
  })
})

describe('both parsers', () => {
  it('return a verdict on anything', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(parseAnnounce(value)).toBeUndefined()
        expect(parseReply(value)).toBeUndefined()
      }),
    )
  })

  it('return a verdict on messages with one value exchanged', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(ANNOUNCE)), fc.anything(), (key, value) => {
        const parsed = parseAnnounce({ ...ANNOUNCE, [key]: value })
        if (parsed !== undefined) expect(JSON.stringify(parsed).length).toBeLessThan(LIMITS.announceBytesMax)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('dialableAddress', () => {
  it.each([
    ['/ip4/10.0.0.1/tcp/7070', `/ip4/10.0.0.1/tcp/7070/p2p/${PEER}`],
    [`/ip4/10.0.0.1/tcp/7070/p2p/${PEER}`, `/ip4/10.0.0.1/tcp/7070/p2p/${PEER}`],
    ['/ip6/fd00::2/tcp/7070', `/ip6/fd00::2/tcp/7070/p2p/${PEER}`],
    ['/dns4/peer.example.com/tcp/443', `/dns4/peer.example.com/tcp/443/p2p/${PEER}`],
    ['/ip4/127.0.0.1/tcp/1', `/ip4/127.0.0.1/tcp/1/p2p/${PEER}`],
  ])('takes %s', (text, whole) => {
    expect(dialableAddress(text, PEER)).toBe(whole)
  })

  it.each([
    '',
    'not an address',
    '/ip4/10.0.0.1',
    '/ip4/10.0.0.1/udp/1',
    '/ip4/10.0.0.1/tcp/0',
    '/ip4/0.0.0.0/tcp/1',
    '/ip4/224.0.0.251/tcp/5353',
    '/ip4/255.255.255.255/tcp/1',
    '/ip6/::/tcp/1',
    '/ip6/ff02::1/tcp/1',
    '/ip4/10.0.0.1/tcp/1/ws',
    '/unix/tmp%2fx',
    `/ip4/10.0.0.1/tcp/1/p2p/${OTHER}`,
    `/ip4/10.0.0.1/tcp/1/p2p/${PEER}/p2p-circuit`,
    `/p2p/${PEER}`,
  ])('refuses %j', (text) => {
    expect(dialableAddress(text, PEER)).toBeUndefined()
  })

  it('knows loopback', () => {
    expect(isLoopbackAddress('/ip4/127.3.2.1/tcp/1')).toBe(true)
    expect(isLoopbackAddress('/ip6/::1/tcp/1')).toBe(true)
    expect(isLoopbackAddress('/ip4/10.0.0.1/tcp/1')).toBe(false)
    expect(isLoopbackAddress('nonsense')).toBe(false)
  })
})
