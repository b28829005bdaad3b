// A private fleet from its first token on, in real processes.
import { watch } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { createPrivateKey } from 'node:crypto'
import { join } from 'node:path'
import { createSigner, signCredential } from '@shoal/release'
import { newIdentity, parseToken } from '@shoal/tracker/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeToken } from '../../packages/tracker/src/enrolment/token.ts'
import { startPeer } from '../constellation/peer.ts'
import { openPrivateFleet, TARGET, type PrivateFleet } from './private-fleet.ts'
import { chooseSeed, seededRandom } from './random.ts'

const TIMEOUT_MS = 30_000

let fleet: PrivateFleet
beforeAll(async () => {
  fleet = await openPrivateFleet()
})
afterAll(() => fleet[Symbol.asyncDispose]())

interface Members {
  members: { peer: string; state: string; site: string; role: string }[]
}

describe('members', () => {
  it('fetch from each other what one of them fetched from the origin, at the sites of their credentials', async () => {
    const one = await fleet.startMember('one', ['--site', 'waw-1'], { origin: fleet.origin })
    await one.until('installed', { timeoutMs: TIMEOUT_MS })
    const two = await fleet.startMember('two', ['--site', 'waw-1'])
    const installed = await two.until('installed', { timeoutMs: TIMEOUT_MS })
    expect(installed.bytes).toMatchObject({ origin: 0 })
    expect(installed.bytes.lanPeers).toBeGreaterThanOrEqual(3_000_000)
    expect(installed.neighbours).toContainEqual(expect.objectContaining({ id: one.peerId, site: 'waw-1', local: true }))
    expect(await two.status()).toMatchObject({ site: 'waw-1', membership: { role: 'device', revocations: 0 } })
    await Promise.all([one.kill('SIGTERM'), two.kill('SIGTERM')])
  })

  it('lose one that is revoked: it says so, ends with 7, and is not let in again', async () => {
    const stays = await fleet.startMember('stays', [], { origin: fleet.origin })
    const goes = await fleet.startMember('goes')
    await goes.until('installed', { timeoutMs: TIMEOUT_MS })
    const told = changeOf(fleet.stateDirOf('stays'), 'membership.json')
    const { changed } = await fleet.office<{ changed: boolean }>('revoke', goes.peerId)
    expect(changed).toBe(true)
    expect(await goes.program.exited).toMatchObject({ code: 7 })
    await told
    expect(await stays.status()).toMatchObject({ membership: { revocations: 1 }, neighbours: [] })
    expect(goes.program.latest('error' as never)).toMatchObject({ code: 'MEMBERSHIP_ENDED', message: /revoked/ })

    await expect(goes.restart()).rejects.toThrow('MEMBERSHIP_ENDED')
    const again = fleet.enroll('goes', await fleet.token())
    await expect(again).rejects.toThrow('this peer was revoked')
    await stays.kill('SIGTERM')
  })

  it('learn from the tracker alone that they were revoked while they were off', async () => {
    const away = await fleet.startMember('away', [], { origin: fleet.origin })
    await away.until('installed', { timeoutMs: TIMEOUT_MS })
    await away.kill('SIGKILL')
    await fleet.office('revoke', away.peerId)
    // Whether it comes as far as listening is a matter of moments.
    await Promise.allSettled([away.restart()])
    expect(await away.program.exited).toMatchObject({ code: 7 })
  })

  it('get a new credential when a third of its life is over', async () => {
    const now = Math.floor(Date.now() / 1_000)
    await enrolAged('old', { issued: now - 300_000, expires: now + 300_000 })
    const renewed = changeOf(fleet.stateDirOf('old'), 'membership.json')
    const root = join(fleet.stateDirOf('old'), 'root.json')
    const peer = await startPeer(fleet.ground, { name: 'old', target: TARGET, root, origin: fleet.origin })
    await renewed
    const { membership } = (await peer.status()) as { membership: { expires: string } }
    expect(Date.parse(membership.expires) / 1_000).toBeGreaterThan(now + 600_000)
    await peer.kill('SIGTERM')
  })

  it('that were away for longer than their credentials last say so, and end with 7', async () => {
    const now = Math.floor(Date.now() / 1_000)
    await enrolAged('late', { issued: now - 600_000, expires: now - 1_000 })
    const root = join(fleet.stateDirOf('late'), 'root.json')
    const started = startPeer(fleet.ground, { name: 'late', target: TARGET, root, origin: fleet.origin })
    await expect(started).rejects.toThrow(/exit code 7: MEMBERSHIP_ENDED, the credential of this peer expired at/)
  })
})

/** Enrols a machine, and turns its clock back: its credential is one that the enrolment key signed for these times. */
async function enrolAged(name: string, times: { issued: number; expires: number }): Promise<void> {
  const { peerId, fleet: id } = await fleet.enroll(name, await fleet.token())
  const pem = await readFile(join(fleet.repository, 'keys', 'enrolment.pem'))
  const secret = Buffer.from(createPrivateKey(pem).export({ format: 'jwk' }).d ?? '', 'base64url')
  const names = { fleet: id, peer: peerId, site: '', group: '', role: 'device' as const }
  const credential = Buffer.from(signCredential({ ...names, ...times }, createSigner(secret))).toString('base64')
  const file = join(fleet.stateDirOf(name), 'membership.json')
  const stored = JSON.parse(await readFile(file, 'utf8')) as object
  await writeFile(file, JSON.stringify({ ...stored, credential }))
}

describe('a peer that is no member', () => {
  it('says how it becomes one, and ends with 7', async () => {
    const root = join(fleet.repository, 'root.json')
    const started = startPeer(fleet.ground, { name: 'stranger', target: TARGET, root, origin: fleet.origin })
    await expect(started).rejects.toThrow(/exit code 7: NOT_ENROLLED/)
  })

  it('is not made one by the credential of another', async () => {
    await fleet.enroll('real', await fleet.token())
    await fleet.enroll('copy', await fleet.token())
    const stolen = await readFile(join(fleet.stateDirOf('real'), 'membership.json'))
    await writeFile(join(fleet.stateDirOf('copy'), 'membership.json'), stolen)
    const root = join(fleet.stateDirOf('copy'), 'root.json')
    await expect(startPeer(fleet.ground, { name: 'copy', target: TARGET, root })).rejects.toThrow(/NOT_ENROLLED/)
  })
})

describe('a token', () => {
  it('makes one member, and that one again when the answer was lost', async () => {
    const token = await fleet.token('--site', 'krk', '--role', 'cache')
    const first = await fleet.enroll('holder', token)
    expect(first).toMatchObject({ site: 'krk', role: 'cache' })
    await rm(join(fleet.stateDirOf('holder'), 'membership.json'))
    expect(await fleet.enroll('holder', token)).toMatchObject({ peerId: first.peerId })
    await expect(fleet.enroll('second', token)).rejects.toThrow('ENROLMENT_REFUSED this token has been used')
  })

  it('that many turn in at once makes one of them a member', async () => {
    const token = await fleet.token()
    const all = await Promise.allSettled(Array.from({ length: 6 }, () => fleet.turnIn(token)))
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('of several uses makes as many members', async () => {
    const token = await fleet.token('--uses', '2')
    const all = await Promise.allSettled(Array.from({ length: 4 }, () => fleet.turnIn(token)))
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
  })

  it('that was damaged on its way enrols nobody', async () => {
    const token = await fleet.token()
    await expect(fleet.enroll('damaged', token.slice(0, -1))).rejects.toThrow('TOKEN_INVALID')
    const secret = parseToken(token).secret.map((byte) => byte ^ 1)
    await expect(fleet.turnIn(encodeToken({ ...parseToken(token), secret }))).rejects.toMatchObject({
      code: 'UNREACHABLE',
    })
  })

  it('survives a tracker that is killed at any moment around it', async () => {
    const seed = chooseSeed()
    const random = seededRandom(seed)
    for (let round = 0; round < 4; round++) {
      const token = await fleet.token()
      const identity = await newIdentity()
      const enrolling = Promise.allSettled([fleet.turnIn(token, identity)])
      await new Promise((resolve) => setTimeout(resolve, random() * 120))
      await fleet.killTracker()
      await fleet.startTracker()
      const [first] = await enrolling
      const peer = await fleet.turnIn(token, identity)
      if (first.status === 'fulfilled') expect(first.value, `seed ${seed}`).toBe(peer)
      await expect(fleet.turnIn(token), `seed ${seed}`).rejects.toMatchObject({ code: 'ENROLMENT_REFUSED' })
      const { members } = await fleet.office<Members>('members')
      expect(members.filter((each) => each.peer === peer)).toMatchObject([{ state: 'member' }])
    }
  })
})

/** Resolves when a file of the folder is replaced. */
async function changeOf(folder: string, name: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const watcher = watch(folder, (_event, file) => {
    if (file === name) resolve(undefined)
  })
  try {
    await promise
  } finally {
    watcher.close()
  }
}
