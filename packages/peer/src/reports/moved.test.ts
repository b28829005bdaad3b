import { FLOWS_MAX } from '@shoal/release'
import { expect, test } from 'vitest'
import { createAccount } from '../download/account.ts'
import { LIMITS } from '../limits.ts'
import { ORIGIN } from '../swarm/index.ts'
import { movedOf } from './moved.ts'

test('names the sites that sent most; of more, the bytes are counted all the same', () => {
  const account = createAccount(1_000_000, 40, 2)
  for (let at = 0; at < LIMITS.sourceSitesMax + 5; at++)
    account.received(`p${at}`, 'wanPeers', at, 'wan-holder', `s${at}`)
  account.received('p300', 'lanPeers', 1_000, 'lan-holder', '')
  account.received('p7', 'wanPeers', 5_000, 'wan-holder', 's7')
  account.received(ORIGIN, 'origin', 9_000, 'owner', '')
  const { bytes, flows } = movedOf(account)
  expect(flows).toHaveLength(FLOWS_MAX)
  expect(flows.slice(0, 2)).toEqual([
    { site: 's7', bytes: 5_007 },
    { site: `s${LIMITS.sourceSitesMax - 1}`, bytes: LIMITS.sourceSitesMax - 1 },
  ])
  const sent = (260 * 261) / 2
  expect(bytes).toMatchObject({ reused: 42, origin: 9_000, lanPeers: 1_000, wanPeers: sent + 5_000 })
})

test('tells of a download from nobody that nobody sent anything', () => {
  expect(movedOf(createAccount(9, 9, 0))).toMatchObject({ bytes: { total: 9, reused: 9 }, flows: [] })
})
