import { randomBytes } from 'node:crypto'
import { readdir, rename, rm } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { openFleet } from '../fixture/fleet.ts'
import { encodePem } from '../keys/pem.ts'
import { signerOf } from '../keys/signer.ts'
import { setChannel } from './channel.ts'
import { refreshMetadataOf } from './refresh.ts'
import { revokeKey, rotateKey } from './rotate.ts'
import { renewRole, signPending } from './sign.ts'
import { verifyMetadata } from './verify.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const ROLE = 'rel-game-stable'
const TWO = { channels: [{ channel: 'stable', keys: 2, threshold: 2 }] }
const ONE = { channels: [{ channel: 'stable', keys: 1, threshold: 1 }] }
const in_ = (days: number): Date => new Date(Date.now() + days * DAY_MS)

/** A fleet whose stable releases need two signatures; the second key is on a stick. */
async function openCareful() {
  const fleet = await openFleet(TWO)
  await rename(fleet.path(`repo/keys/${ROLE}-2.pem`), fleet.path('stick.pem'))
  const key = { source: `file:${fleet.path('stick.pem')}` }
  return {
    ...fleet,
    sign: (more = { key }) =>
      fleet.open((repository) => signPending(repository, fleet.origin, { role: ROLE, ...more }, new Date())),
  }
}

describe('a channel that needs two signatures', () => {
  it('offers a release once the second is there', async () => {
    await using fleet = await openCareful()
    const summary = await fleet.publish('1.0')
    expect(summary).toMatchObject({ counter: 1, signatures: { have: 1, need: 2 }, alreadyPublished: false })
    expect(await readdir(fleet.path('origin'))).not.toContain('tuf')
    expect(await readdir(fleet.path('repo/pending'))).toEqual([`${ROLE}.json`])
    expect(await fleet.sign()).toMatchObject({
      ...{ role: ROLE, version: 1, pending: undefined },
      releases: { 'game/stable/1.0/any.release': summary.release },
    })
    expect(await fleet.ask('game@stable')).toMatchObject({ version: '1.0', release: summary.release })
    expect(await readdir(fleet.path('repo/pending'))).toEqual([])
    expect((await fleet.publish('1.0')).alreadyPublished).toBe(true)
  })

  it('goes on offering the release before, and keeps signatures when the same is published again', async () => {
    await using fleet = await openCareful()
    await fleet.publish('1.0')
    await fleet.sign()
    await fleet.publish('1.1')
    const waiting = await fleet.read(`repo/pending/${ROLE}.json`)
    expect(await fleet.publish('1.1')).toMatchObject({ counter: 2, signatures: { have: 1, need: 2 } })
    expect(await fleet.read(`repo/pending/${ROLE}.json`)).toBe(waiting)
    expect(await fleet.ask('game@stable')).toMatchObject({ version: '1.0' })
  })

  it('lets one signature of each key cover all releases that wait', async () => {
    await using fleet = await openCareful()
    await fleet.publish('1.0')
    await fleet.publish('1.1')
    await fleet.sign()
    expect(await fleet.ask('game@stable:1.0')).toMatchObject({ counter: 1 })
    expect(await fleet.ask('game@stable')).toMatchObject({ version: '1.1', counter: 2 })
  })

  it('publishes without another signature what was completed away from the origin', async () => {
    await using fleet = await openCareful()
    await fleet.publish('1.0')
    const key = { source: `file:${fleet.path('stick.pem')}` }
    const signed = await fleet.open((repository) => signPending(repository, undefined, { role: ROLE, key }, new Date()))
    expect(signed.pending).toBeUndefined()
    await expect(fleet.ask('game@stable')).rejects.toThrow()
    expect(await fleet.publish('1.0')).not.toHaveProperty('signatures')
    expect(await fleet.ask('game@stable')).toMatchObject({ version: '1.0', counter: 1 })
  })

  it('refuses a signature of a key that is not of the role, and one where none is missing', async () => {
    await using fleet = await openCareful()
    await expect(fleet.sign()).rejects.toMatchObject({ code: 'PENDING_MISSING' })
    await fleet.publish('1.0')
    await fleet.write('other.pem', encodePem(randomBytes(32), undefined))
    const other = { key: { source: `file:${fleet.path('other.pem')}` } }
    await expect(fleet.sign(other)).rejects.toMatchObject({ code: 'KEY_UNKNOWN' })
    const missing = { key: { source: 'file:/nonexistent/stick.pem' } }
    await expect(fleet.sign(missing)).rejects.toMatchObject({ code: 'KEY_UNREACHABLE' })
  })

  it('refuses to sign what was overtaken', async () => {
    await using fleet = await openCareful()
    await fleet.copyRepository('other')
    await fleet.publish('1.0')
    const stale = await fleet.read(`repo/pending/${ROLE}.json`)
    await fleet.sign()
    await fleet.write(`repo/pending/${ROLE}.json`, stale)
    await expect(fleet.sign()).rejects.toMatchObject({ code: 'PENDING_STALE' })
  })

  it('refuses to sign what was changed after it was signed', async () => {
    await using fleet = await openCareful()
    await fleet.publish('1.0')
    const waiting = await fleet.read(`repo/pending/${ROLE}.json`)
    await fleet.write(`repo/pending/${ROLE}.json`, waiting.replace('/1.0/', '/6.6/'))
    await expect(fleet.sign()).rejects.toMatchObject({ code: 'PENDING_STALE' })
  })
})

describe('a root that two of three must sign', () => {
  it('changes once the second signed, and devices follow', async () => {
    await using fleet = await openFleet({ ...ONE, root: { keys: 3, threshold: 2 } })
    await fleet.open((repository) => fleet.offer(repository, '1.0'))
    for (const number of [1, 2, 3])
      await rename(fleet.path(`repo/keys/root-${number}.pem`), fleet.path(`root-${number}.pem`))
    await expect(
      fleet.open((repository) => rotateKey(repository, fleet.origin, { role: 'timestamp' }, new Date())),
    ).rejects.toMatchObject({ code: 'KEY_UNREACHABLE', message: expect.stringContaining('root-1.pem is not here') })

    await rename(fleet.path('root-1.pem'), fleet.path('repo/keys/root-1.pem'))
    const { pending, added } = await fleet.open((repository) =>
      rotateKey(repository, fleet.origin, { role: 'timestamp' }, new Date()),
    )
    expect(pending).toMatchObject({ role: 'root', have: 1, need: 2 })
    expect(await fleet.read('repo/root.json')).toBe(fleet.firstRoot.toString())
    const key = { source: `file:${fleet.path('root-3.pem')}` }
    const signed = await fleet.open((repository) =>
      signPending(repository, fleet.origin, { role: 'root', key }, new Date()),
    )
    expect(signed).toMatchObject({ version: 2, pending: undefined })
    expect(await fleet.ask('game@stable')).toMatchObject({ version: '1.0' })
    const { timestamp } = await fleet.open(async ({ metadata }) => metadata)
    expect(timestamp?.signatures.map(({ keyid }) => keyid)).toEqual([added])
  })
})

describe('setChannel', () => {
  it('adds a channel with keys that are made, given, or elsewhere', async () => {
    await using fleet = await openFleet()
    const elsewhere = Buffer.from(signerOf(randomBytes(32)).publicKey).toString('hex')
    const beta = await fleet.open((repository) =>
      setChannel(
        repository,
        undefined,
        { channel: 'beta', threshold: 2, keys: [{ publicKey: elsewhere }] },
        new Date(),
      ),
    )
    expect(beta).toMatchObject({ role: 'rel-game-beta', threshold: 2, isNew: true })
    expect(beta.keyIds).toHaveLength(2)
    expect(await readdir(fleet.path('repo/keys'))).toContain('rel-game-beta.pem')
    expect(await fleet.publish('1.0', { channel: 'beta' })).toMatchObject({ signatures: { have: 1, need: 2 } })
  })

  it('raises the threshold of a channel, and a release waits from then on', async () => {
    await using fleet = await openFleet(ONE)
    await fleet.publish('1.0')
    await fleet.write('manager.pem', encodePem(randomBytes(32), undefined))
    const keys = [{ source: `file:${fleet.path('manager.pem')}` }]
    await fleet.open((repository) =>
      setChannel(repository, fleet.origin, { channel: 'stable', threshold: 2, keys }, new Date()),
    )
    expect(await fleet.ask('game@stable')).toMatchObject({ version: '1.0' })
    await rm(fleet.path('manager.pem'))
    expect(await fleet.publish('1.1')).toMatchObject({ signatures: { have: 1, need: 2 } })
    expect(await fleet.ask('game@stable')).toMatchObject({ version: '1.0' })
  })

  it('refuses a channel whose role would have the name of another', async () => {
    await using fleet = await openFleet()
    const add = (product: string, channel: string) =>
      fleet.open((repository) => setChannel(repository, undefined, { product, channel, keys: [] }, new Date()))
    const settings = JSON.parse(await fleet.read('repo/repository.json')) as object
    await fleet.write('repo/repository.json', JSON.stringify({ ...settings, product: undefined }))
    await add('a-b', 'c')
    await expect(add('a', 'b-c')).rejects.toMatchObject({ code: 'CHANNEL_CONFLICT' })
  })

  it('refuses a threshold that its keys cannot meet', async () => {
    await using fleet = await openFleet(ONE)
    const options = { channel: 'stable', threshold: 2, keys: [] }
    await expect(
      fleet.open((repository) => setChannel(repository, undefined, options, new Date())),
    ).rejects.toMatchObject({ code: 'THRESHOLD_INVALID' })
  })
})

describe('publish', () => {
  it('makes a channel that is not there when the key of targets is, and says what to do when it is not', async () => {
    await using fleet = await openFleet()
    await fleet.publish('1.0')
    await rm(fleet.path('repo/keys/targets.pem'))
    await rm(fleet.path('repo/keys/root.pem'))
    await fleet.publish('1.1')
    expect(await fleet.ask('game@stable')).toMatchObject({ version: '1.1' })
    await expect(fleet.publish('1.1', { channel: 'beta' })).rejects.toMatchObject({ code: 'CHANNEL_MISSING' })
  })

  it('from two repositories at once loses no release, and no counter stands twice', async () => {
    await using fleet = await openFleet(ONE)
    await fleet.publish('0')
    await fleet.copyRepository('other')
    const line = async (repo: string, versions: string[]) => {
      for (const version of versions) await fleet.publish(version, { repo })
    }
    await Promise.all([line('repo', ['a1', 'a2', 'a3']), line('other', ['b1', 'b2', 'b3'])])
    const releases = await Promise.all(
      ['a1', 'a2', 'a3', 'b1', 'b2', 'b3'].map((version) => fleet.ask(`game@stable:${version}`)),
    )
    expect(releases.map((release) => release?.counter).toSorted()).toEqual([2, 3, 4, 5, 6, 7])
  })

  it('works with keys that are encrypted, given the passphrase', async () => {
    await using fleet = await openFleet({ ...ONE, passphrase: 'open sesame' })
    await fleet.publish('1.0')
    expect(await fleet.ask('game@stable')).toMatchObject({ version: '1.0' })
  })
})

describe('refreshing', () => {
  it('signs the timestamp alone while all else has time', async () => {
    await using fleet = await openFleet(ONE)
    await fleet.open((repository) => fleet.offer(repository, '1.0'))
    const { signed } = await fleet.open((repository) =>
      refreshMetadataOf(repository, fleet.origin, { now: new Date(), always: true }),
    )
    expect(signed.map(({ role }) => role)).toEqual(['timestamp'])
    const idle = await fleet.open((repository) =>
      refreshMetadataOf(repository, fleet.origin, { now: new Date(), always: false }),
    )
    expect(idle.signed).toEqual([])
  })

  it('signs what is past half of its life, and names what is neglected for want of keys', async () => {
    await using fleet = await openFleet(ONE)
    await fleet.open((repository) => fleet.offer(repository, '1.0'))
    const refresh = (now: Date) =>
      fleet.open((repository) => refreshMetadataOf(repository, fleet.origin, { now, always: true }))
    const afterDays = async (days: number) => (await refresh(in_(days))).signed.map(({ role }) => role)
    expect(await afterDays(4)).toEqual(['snapshot', 'timestamp'])
    expect(await afterDays(50)).toEqual([ROLE, 'snapshot', 'timestamp'])
    await rm(fleet.path(`repo/keys/${ROLE}.pem`))
    const { signed, roles } = await refresh(in_(115))
    expect(signed.map(({ role }) => role)).toEqual(['snapshot', 'timestamp'])
    expect(roles.filter(({ isNeglected }) => isNeglected).map(({ role }) => role)).toEqual([ROLE])
  })
})

describe('renewing', () => {
  it('gives root and targets another life without a change of keys', async () => {
    await using fleet = await openFleet(ONE)
    await fleet.open((repository) => fleet.offer(repository, '1.0'))
    for (const role of ['root', 'targets']) {
      const { signed } = await fleet.open((repository) => renewRole(repository, undefined, role, in_(300)))
      expect(signed).toMatchObject([{ role, version: 2 }])
    }
    const later = in_(400)
    await fleet.open((repository) => refreshMetadataOf(repository, fleet.origin, { now: later, always: true }))
    expect(await fleet.ask('game@stable', later)).toMatchObject({ version: '1.0' })
  })
})

describe('verifying', () => {
  it('names every role with its signatures, and finds nothing wrong', async () => {
    await using fleet = await openFleet(TWO)
    await fleet.open((repository) => fleet.offer(repository, '1.0'))
    const { roles, problems } = await verifyMetadata(fleet.path('repo'), fleet.origin, new Date())
    expect(problems).toEqual([])
    expect(roles.map(({ role }) => role)).toEqual(['root', 'targets', ROLE, 'snapshot', 'timestamp'])
    expect(roles[2]).toMatchObject({ version: 1, signatures: { have: 2, need: 2, keys: 2 }, releases: 1 })
    expect((await verifyMetadata(fleet.path('repo'), undefined, new Date())).problems).toEqual([])
  })

  it('says what expired, at the origin and in the repository', async () => {
    await using fleet = await openFleet(ONE)
    await fleet.open((repository) => fleet.offer(repository, '1.0'))
    const { problems } = await verifyMetadata(fleet.path('repo'), fleet.origin, in_(3))
    expect(problems).toEqual([expect.stringMatching(/timestamp expired on \d{4}-/)])
    const here = await verifyMetadata(fleet.path('repo'), undefined, in_(3))
    expect(here.problems).toEqual([expect.stringMatching(/timestamp version 1 expired on \d{4}-/)])
  })

  it('misses the manifest of what a channel offers', async () => {
    await using fleet = await openFleet(ONE)
    await fleet.open((repository) => fleet.offer(repository, '1.0'))
    await rm(fleet.path('origin/blocks'), { recursive: true })
    const { problems } = await verifyMetadata(fleet.path('repo'), fleet.origin, new Date())
    expect(problems).toEqual([
      expect.stringMatching(/^game@stable any is 1\.0, and its manifest bafy\w+ is missing at file:/),
    ])
  })

  it('finds a channel whose signatures are not enough any more', async () => {
    await using fleet = await openFleet({ channels: [{ channel: 'stable', keys: 2, threshold: 1 }] })
    await rename(fleet.path(`repo/keys/${ROLE}-2.pem`), fleet.path('away.pem'))
    await fleet.open((repository) => fleet.offer(repository, '1.0'))
    await rename(fleet.path('away.pem'), fleet.path(`repo/keys/${ROLE}-2.pem`))
    const { signatures } = await fleet.open(async ({ metadata }) => metadata.releases.get(ROLE) ?? { signatures: [] })
    const keyId = signatures[0]?.keyid ?? ''
    await fleet.open((repository) => revokeKey(repository, undefined, { role: ROLE, keyId }, new Date()))
    const before = await verifyMetadata(fleet.path('repo'), undefined, new Date())
    expect(before.problems).toEqual([`${ROLE} version 1 has 0 of the 1 signatures that it needs`])
    await fleet.open((repository) => refreshMetadataOf(repository, fleet.origin, { now: new Date(), always: true }))
    expect((await verifyMetadata(fleet.path('repo'), fleet.origin, new Date())).problems).toEqual([])
  })
})
