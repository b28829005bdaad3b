import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sha256, verifyCredential, verifyRevocations } from '@shoal/release'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodeQuestion, parseAnswer, type EnrolmentAnswer } from '../enrolment/message.ts'
import { ENROLMENT, ENROLMENT_KEYS, NOW, revoking } from '../fixture/fleet.ts'
import { encodeRoot, FLEET } from '../fixture/root.ts'
import type { Channel } from '../handshake/guard.ts'
import { createAuthority } from './authority.ts'
import { openLedger, type Ledger } from './ledger.ts'
import { openOffice, type Office } from './office.ts'

const TRACKER = `12D3KooW${'T'.repeat(44)}`
const [ALICE, BOB] = [`12D3KooW${'A'.repeat(44)}`, `12D3KooW${'B'.repeat(44)}`]
const SECRET = new Uint8Array(32).fill(1)
const WEEK = 604_800
const ROOT = encodeRoot(ENROLMENT_KEYS)

let folder: string
let ledger: Ledger
let office: Office
let now: number
beforeEach(() => {
  now = NOW
  folder = mkdtempSync(join(tmpdir(), 'shoal-office-'))
  ledger = openLedger(join(folder, 'ledger.sqlite'))
  office = open()
  ledger.introduce({ fleet: FLEET, root: ROOT, rootDigest: sha256(ROOT), trackers: ['/ip4/192.0.2.1/tcp/7071'] })
})
afterEach(() => {
  ledger[Symbol.dispose]()
  rmSync(folder, { recursive: true })
})

function open(): Office {
  const key = { signer: ENROLMENT, secret: new Uint8Array(32).fill(11) }
  const authority = createAuthority({ fleet: FLEET, enrolmentKeys: ENROLMENT_KEYS }, key)
  const config = { authority, ledger, peer: TRACKER, enrolmentKeys: ENROLMENT_KEYS, credentialSeconds: WEEK }
  return openOffice({ ...config, trackers: () => ['/ip4/192.0.2.1/tcp/7071'] }, () => now)
}

function addToken(usesMax = 1, expires = NOW + 60, secret = SECRET): void {
  const grant = { site: 'waw', group: 'tills', role: 'device' as const }
  ledger.addToken({ digest: sha256(secret), root: sha256(ROOT), ...grant, usesMax, expires }, NOW)
}

/** What the office says on a connection of this peer; undefined when it says nothing. */
async function turnIn(peer: string, secret = SECRET): Promise<EnrolmentAnswer | undefined> {
  const said: Uint8Array[] = []
  const frame = encodeQuestion(secret)
  const channel: Channel = {
    read: (bytes) => Promise.resolve(frame.subarray(0, bytes)),
    write: (bytes) => Promise.resolve(void said.push(bytes)),
    ended: () => Promise.resolve(),
  }
  await expect(office.handshake.accepted(channel, peer)).rejects.toThrow()
  return said.length === 0 ? undefined : parseAnswer(Buffer.concat(said).subarray(4))
}

describe('an enrolment', () => {
  it('gives the root that the token names, a credential and the member secret', async () => {
    addToken()
    const answer = await turnIn(ALICE)
    if (answer?.status !== 'ok') throw new Error(`it was ${answer?.status}`)
    expect(answer.root).toEqual(Uint8Array.from(ROOT))
    expect(answer.secret).toEqual(office.membership.secret)
    const credential = verifyCredential(answer.credential, ENROLMENT_KEYS)
    expect(credential).toMatchObject({
      fleet: FLEET,
      peer: ALICE,
      site: 'waw',
      group: 'tills',
      issued: NOW,
      expires: NOW + WEEK,
    })
    expect(ledger.members()).toMatchObject([{ peer: ALICE, site: 'waw', revoked: undefined }])
  })

  it('says nothing at all to whoever has no token of this tracker', async () => {
    addToken()
    expect(await turnIn(ALICE, new Uint8Array(32).fill(2))).toBeUndefined()
    expect(ledger.members()).toEqual([])
  })

  it('is for one peer; that one may come again until the token expires', async () => {
    addToken()
    expect(await turnIn(ALICE)).toMatchObject({ status: 'ok' })
    expect(await turnIn(BOB)).toEqual({ v: 1, status: 'used' })
    now = NOW + 59
    expect(await turnIn(ALICE)).toMatchObject({ status: 'ok' })
    now = NOW + 60
    expect(await turnIn(ALICE)).toEqual({ v: 1, status: 'expired' })
    expect(ledger.members()).toHaveLength(1)
  })

  it('is refused to a revoked peer, and does not use the token up', async () => {
    addToken()
    await turnIn(ALICE)
    ledger.revoke(ALICE, NOW)
    const fresh = new Uint8Array(32).fill(3)
    addToken(1, NOW + 60, fresh)
    expect(await turnIn(ALICE, fresh)).toEqual({ v: 1, status: 'revoked' })
    expect(await turnIn(ALICE)).toEqual({ v: 1, status: 'revoked' })
    expect(await turnIn(BOB, fresh)).toMatchObject({ status: 'ok' })
  })

  it('does not keep the token in a form that could be turned in', () => {
    addToken()
    ledger[Symbol.dispose]()
    ledger = openLedger(join(folder, 'ledger.sqlite'))
    expect(ledger.redeem(sha256(sha256(SECRET)), ALICE, NOW, NOW + WEEK)).toEqual({ status: 'unknown' })
    expect(ledger.redeem(SECRET, ALICE, NOW, NOW + WEEK)).toEqual({ status: 'unknown' })
  })
})

describe('a ledger', () => {
  it('that is none, or of a later version, is refused and left as it is', () => {
    const file = join(folder, 'other.sqlite')
    writeFileSync(file, 'this is no database, but long enough to be taken for one. '.repeat(50))
    expect(() => openLedger(file)).toThrow(expect.objectContaining({ code: 'LEDGER_INVALID' }))
    using later = new DatabaseSync(join(folder, 'later.sqlite'))
    later.exec('PRAGMA user_version = 2')
    expect(() => openLedger(join(folder, 'later.sqlite'))).toThrow('of version 2')
  })

  it('is readable by nobody else', () => {
    expect(statSync(join(folder, 'ledger.sqlite')).mode & 0o777).toBe(0o600)
  })
})

describe('an office', () => {
  it('tells its members of a revocation that a command beside it has written', async () => {
    addToken()
    await turnIn(ALICE)
    using beside = openLedger(join(folder, 'ledger.sqlite'))
    expect(beside.revoke(ALICE, NOW)).toBe(true)
    expect(beside.revoke(ALICE, NOW)).toBe(false)
    office.refresh()
    const list = office.membership.revocations()
    expect(verifyRevocations(list ?? new Uint8Array(), ENROLMENT_KEYS)).toEqual({
      ...{ fleet: FLEET, sequence: 1, issued: NOW },
      revoked: [{ peer: ALICE, until: NOW + WEEK }],
    })
  })

  it('still has its revocations after a restart, until they would have expired anyway', async () => {
    addToken()
    await turnIn(ALICE)
    ledger.revoke(ALICE, NOW)
    office = open()
    office.refresh()
    expect(office.membership.sequence).toBe(1)
    now = NOW + WEEK + 301
    expect(ledger.revocations(now)).toEqual({ sequence: 1, revoked: [] })
  })

  it('adopts what another tracker of the fleet has revoked, and goes on from there', () => {
    office.membership.takeRevocations(revoking(7, BOB))
    office.refresh()
    expect(ledger.isRevoked(BOB)).toBe(true)
    expect(ledger.sequence()).toBe(7)
    ledger.record({ fleet: FLEET, peer: ALICE, site: '', group: '', role: 'device', issued: NOW, expires: NOW + WEEK })
    ledger.revoke(ALICE, NOW)
    office.refresh()
    expect(office.membership.sequence).toBe(8)
    expect(ledger.revocations(NOW).revoked.map(({ peer }) => peer)).toEqual([ALICE, BOB])
  })

  it('renews its own credential when a third of its life is over', () => {
    now = NOW + WEEK / 3 - 1
    office.refresh()
    expect(office.membership.credential.issued).toBe(NOW)
    now = NOW + WEEK / 3
    office.refresh()
    expect(office.membership.credential.issued).toBe(now)
  })

  it('gives a member that asks a new credential of the same kind, and newer revocations', async () => {
    addToken(2)
    await turnIn(ALICE)
    await turnIn(BOB)
    ledger.revoke(BOB, NOW)
    office.refresh()
    now = NOW + 1_000
    const member = {
      fleet: FLEET,
      peer: ALICE,
      site: 'waw',
      group: 'tills',
      role: 'device' as const,
      issued: NOW,
      expires: NOW + WEEK,
    }
    const answer = office.answer({ v: 1, renew: true, sequence: 0 }, member)
    expect(verifyCredential(answer.credential ?? new Uint8Array(), ENROLMENT_KEYS)).toMatchObject({
      ...{ site: 'waw', group: 'tills', issued: now, expires: now + WEEK },
    })
    expect(answer.revocations).toEqual(office.membership.revocations())
    expect(office.answer({ v: 1, renew: false, sequence: 1 }, member)).toEqual({ v: 1 })
    expect(office.answer({ v: 1, renew: true, sequence: 1 }, { ...member, peer: BOB })).toEqual({ v: 1 })
  })

  it('derives the same member secret wherever the key is, and another for another fleet', () => {
    const key = { signer: ENROLMENT, secret: new Uint8Array(32).fill(11) }
    const secretOf = (fleet: string) => createAuthority({ fleet, enrolmentKeys: ENROLMENT_KEYS }, key).memberSecret
    expect(secretOf(FLEET)).toEqual(office.membership.secret)
    expect(secretOf('f'.repeat(32))).not.toEqual(office.membership.secret)
  })
})
