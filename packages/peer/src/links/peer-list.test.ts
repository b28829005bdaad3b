import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../limits.ts'
import { decodePeerList, encodePeerList } from './peer-list.ts'

const id = peerIdFromString('12D3KooWJ9LxSL3dNZc7AcX3HNcCBdL8JZtFPr27gVNU1MuXQpDh')
const good = multiaddr('/ip4/192.0.2.7/tcp/7070')

/** As a peer may say on its own account what it listens on: in the binary form, with whatever text in it. */
function named(host: string): Multiaddr {
  const text = Buffer.from(host)
  const length = text.length < 128 ? [text.length] : [(text.length & 127) | 128, text.length >> 7]
  return multiaddr(Uint8Array.of(54, ...length, ...text))
}

describe('a list of peers', () => {
  it.each([
    ['longer than others take', named('x'.repeat(300))],
    ['of a name that is more than a name', named('a/b')],
  ])('leaves an address out that is %s', (_what, bad) => {
    const [told] = decodePeerList(encodePeerList([{ id, addresses: [bad, good] }]))
    expect(told?.addresses.map(String)).toEqual([String(good)])
  })

  it('leaves a peer out of which no address is left', () => {
    expect(decodePeerList(encodePeerList([{ id, addresses: [named('a/b')] }]))).toEqual([])
  })

  it('is taken by others, whatever the peers in it are called', () => {
    const addresses = fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 90 }).map(named), { minLength: 1 })
    fc.assert(
      fc.property(fc.array(addresses), (all) => {
        const told = encodePeerList(all.map((each) => ({ id, addresses: each })))
        expect(() => decodePeerList(told)).not.toThrow()
      }),
      { numRuns: 50 },
    )
  })

  it('is taken by others, however much there is to tell', () => {
    const addresses = Array.from({ length: 20 }, (_, at) => named(`${at}`.padStart(250, 'x')))
    const told = encodePeerList(Array.from({ length: 40 }, () => ({ id, addresses })))
    expect(told.length).toBeLessThanOrEqual(LIMITS.exchangeBytesMax)
    expect(decodePeerList(told)).toHaveLength(LIMITS.exchangePeersMax)
  })
})
