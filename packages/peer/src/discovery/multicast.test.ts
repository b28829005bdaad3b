import fc from 'fast-check'
import type { NetworkInterfaceInfo } from 'node:os'
import { describe, expect, it } from 'vitest'
import { encodeDnsMessage } from './dns-message.ts'
import { createMulticast, lanAddresses } from './multicast.ts'

function address(text: string, family: 'IPv4' | 'IPv6' = 'IPv4'): NetworkInterfaceInfo {
  const common = { address: text, netmask: '', mac: '', internal: text === '127.0.0.1' || text === '::1', cidr: null }
  return family === 'IPv4' ? { ...common, family } : { ...common, family, scopeid: 0 }
}

describe('multicast', () => {
  it('goes out on every interface, by loopback only without any other', () => {
    const lo = [address('127.0.0.1'), address('::1', 'IPv6')]
    const lan = [address('fe80::1', 'IPv6'), address('10.0.0.1'), address('10.0.0.2')]
    expect(lanAddresses({ lo, lan, vpn: [address('10.8.0.1')] })).toEqual(['10.0.0.1', '10.8.0.1'])
    expect(lanAddresses({ lo })).toEqual(['127.0.0.1'])
  })

  it('says so when no interface can be used', async () => {
    using multicast = createMulticast(() => ['203.0.113.77'])
    expect(await multicast.send(Buffer.from('x'))).toMatchObject({ code: 'EADDRNOTAVAIL' })
    using none = createMulticast(() => [])
    expect(await none.send(Buffer.from('x'))).toBeInstanceOf(Error)
  })
})

describe('a DNS message', () => {
  it('is written as RFC 1035 has it', () => {
    const question = encodeDnsMessage({ type: 'query', questions: [{ name: '_a._udp.local', type: 'PTR' }] })
    expect(Buffer.from(question).toString('hex')).toBe(
      '000000000001000000000000' + '025f61' + '045f756470' + '056c6f63616c' + '00' + '000c' + '0001',
    )
    const answers = [{ name: 'b', type: 'TXT', ttl: 120, data: 'k=v' }] as const
    expect(Buffer.from(encodeDnsMessage({ type: 'response', answers: [...answers] })).toString('hex')).toBe(
      '000084000000000100000000' + '0162' + '00' + '0010' + '0001' + '00000078' + '0004' + '036b3d76',
    )
  })

  it('has a text within its bounds or is refused', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 600 }), (data) => {
        const encode = (): Uint8Array =>
          encodeDnsMessage({ type: 'response', answers: [{ name: 'b', type: 'TXT', ttl: 1, data }] })
        if (Buffer.byteLength(data) > 255) expect(encode).toThrow(RangeError)
        else expect(encode()).toHaveLength(12 + 3 + 10 + 1 + Buffer.byteLength(data))
      }),
    )
  })
})
