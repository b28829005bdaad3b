import { expect, it } from 'vitest'
import type { SourceBytes } from '../download/account.ts'
import { whyNotPeers } from './why-origin.ts'

function bytes(origin: number, lanPeers: number): SourceBytes {
  return { total: 0, reused: 900, resumed: 0, patched: 0, origin, lanPeers, wanPeers: 0, cache: 0 } as SourceBytes
}

it('says in one line which share came from the origin, and why, the weightiest reason first', () => {
  expect(whyNotPeers([])).toBe('nothing was downloaded since the daemon was started')
  expect(whyNotPeers([{ bytes: bytes(0, 0) }])).toBe('nothing was downloaded since the daemon was started')
  expect(whyNotPeers([{ bytes: bytes(0, 10), originBytes: {} }])).toBe('0% from the origin')
  expect(
    whyNotPeers([
      { bytes: bytes(3, 60), originBytes: { floor: 1, owner: 2 } },
      { bytes: bytes(7, 30), originBytes: { owner: 3, alone: 4 } },
    ]),
  ).toBe(
    '10% from the origin = 5% no peer nearby had it, and this one fetched it for the site; 4% no other peer of this site took part; 1% peers nearby had it, but were slower than the floor',
  )
})
