// A tracker of a private fleet and its members, as real nodes on loopback.
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ENROLMENT, ENROLMENT_KEYS, NOW, startWith, type Node } from '../fixture/fleet.ts'
import { FLEET } from '../fixture/root.ts'
import { memberHandshake } from '../membership/handshake.ts'
import { createMembership, type Membership } from '../membership/membership.ts'
import { newIdentity } from '../node/identity.ts'
import { createAuthority, type Authority } from '../office/authority.ts'
import { openLedger, type Ledger } from '../office/ledger.ts'
import { openOffice } from '../office/office.ts'
import { startTracker, type Tracker } from '../tracker.ts'
import { askAboutMembership } from './ask.ts'

const DAY = 86_400
const ISSUED = NOW - DAY

let folder: string
let stack: AsyncDisposableStack
let authority: Authority
let ledger: Ledger
let tracker: Tracker
beforeEach(async () => {
  stack = new AsyncDisposableStack()
  folder = mkdtempSync(join(tmpdir(), 'shoal-members-'))
  stack.defer(() => rmSync(folder, { recursive: true }))
  const key = { signer: ENROLMENT, secret: new Uint8Array(32).fill(11) }
  authority = createAuthority({ fleet: FLEET, enrolmentKeys: ENROLMENT_KEYS }, key)
  ledger = stack.use(openLedger(join(folder, 'ledger.sqlite')))
  const privateKey = await newIdentity()
  const peer = peerIdFromPrivateKey(privateKey).toString()
  const config = { authority, ledger, peer, enrolmentKeys: ENROLMENT_KEYS, credentialSeconds: 7 * DAY }
  const office = openOffice({ ...config, trackers: () => [] }, () => NOW)
  const listen = [multiaddr('/ip4/127.0.0.1/tcp/0')]
  tracker = stack.use(
    await startTracker({ fleet: FLEET, privateKey, listen, http: { host: '127.0.0.1', port: 0 }, office }),
  )
})
afterEach(() => stack.disposeAsync())

async function startMember(lifeSeconds: number): Promise<Node & { membership: Membership }> {
  const privateKey = await newIdentity()
  const peer = peerIdFromPrivateKey(privateKey).toString()
  const { bytes, credential } = authority.issue(peer, { site: 'waw', group: '', role: 'device' }, ISSUED, lifeSeconds)
  ledger.record(credential)
  const secret = authority.memberSecret
  const config = { peer, fleet: FLEET, enrolmentKeys: () => ENROLMENT_KEYS, secret, credential: bytes }
  const membership = createMembership(config, () => NOW)
  return { ...stack.use(await startWith(memberHandshake(membership), privateKey)), membership }
}

async function ask({ node, membership }: { node: Node['node']; membership: Membership }): Promise<void> {
  const signal = AbortSignal.timeout(10_000)
  const { remotePeer } = await node.dial(tracker.addresses, { signal })
  await askAboutMembership(node, remotePeer, membership, NOW, { signal })
}

it('a member that asks in time gets a credential for another week', async () => {
  const member = await startMember(3 * DAY)
  await ask(member)
  expect(member.membership.credential).toMatchObject({ site: 'waw', issued: NOW, expires: NOW + 7 * DAY })
})

it('a member whose credential is young keeps it', async () => {
  const member = await startMember(3 * DAY + 3)
  await ask(member)
  expect(member.membership.credential.issued).toBe(ISSUED)
})

it('a member hears who is out, and the one who is out is cut off', async () => {
  const [stays, goes] = [await startMember(7 * DAY), await startMember(7 * DAY)]
  await ask(goes)
  const cut = new Promise((resolve) => goes.node.addEventListener('peer:disconnect', resolve, { once: true }))
  ledger.revoke(goes.id, NOW)
  await cut
  await ask(stays)
  expect(stays.membership.sequence).toBe(1)
  expect(stays.membership.standing()).toBe('member')
  await expect(ask(goes)).rejects.toThrow()
  expect(goes.membership.standing()).toBe('revoked')
})

it('a node that is no member is not answered', async () => {
  const { node } = stack.use(await startWith())
  await expect(
    node.dial(tracker.addresses, { signal: AbortSignal.timeout(7_000) }).then(async (connection) => {
      await connection.newStream(`/shoal/${FLEET}/members/1`, { signal: AbortSignal.timeout(7_000) })
    }),
  ).rejects.toThrow()
})
