import { createSigner, metadataKeyIdOf, POLICY_FILE, signPolicy, type Policy } from '@shoal/release'
import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { openFleet } from '../fixture/fleet.ts'
import { keyIdOf, publicKeyOf } from '../keys/public-key.ts'
import { readPem } from '../keys/pem.ts'
import { rotateKey } from './rotate.ts'
import { stageChannel, type StageOptions } from './stage.ts'
import { verifyMetadata } from './verify.ts'

const NOW = new Date()
const ONE = { channels: [{ channel: 'stable', keys: 1, threshold: 1 }] }

/** A fleet with one release on stable, and what this file does to it. */
async function openPublished() {
  const fleet = await openFleet(ONE)
  const offer = (version: string) => fleet.open((repository) => fleet.offer(repository, version))
  await offer('1.0')
  return {
    ...fleet,
    offer,
    stage: (more: Partial<StageOptions> = {}) =>
      fleet.open((repository) =>
        stageChannel(repository, fleet.origin, { target: 'game@stable', keys: [], ...more }, NOW),
      ),
    verify: (now = NOW) => verifyMetadata(fleet.path('repo'), fleet.origin, now),
    policyKey: async () =>
      createSigner(readPem(await readFile(fleet.path('repo/keys/policy.pem'), 'utf8'), undefined, 'it')),
    sign: (bytes: Uint8Array) => writeFile(fleet.path(`origin/tuf/${POLICY_FILE}`), bytes),
  }
}

const policy = (more: Partial<Policy> = {}): Policy => ({
  version: 1,
  expires: new Date(NOW.getTime() + 3_600_000),
  channels: [{ product: 'game', channel: 'stable', base: '1.0', steps: [], withdrawn: [] }],
  ...more,
})

describe('a staged channel', () => {
  it('is delegated to a key that is made for the tracker, and goes on to be published', async () => {
    await using fleet = await openPublished()
    const staged = await fleet.stage()
    expect(staged).toMatchObject({ channel: 'game@stable', isStaged: true, made: 'file:keys/policy.pem' })
    expect(staged.keyIds).toEqual([metadataKeyIdOf((await fleet.policyKey()).publicKey)])
    expect(staged.signed.map(({ role }) => role)).toEqual(['targets', 'snapshot', 'timestamp'])
    expect(await fleet.verify()).toMatchObject({ staged: ['game@stable'], problems: [] })
    await fleet.offer('1.1')
    expect(await fleet.ask('game@stable')).toMatchObject({ version: '1.1' })
    expect(await fleet.verify()).toMatchObject({ staged: ['game@stable'], problems: [] })
  })

  it('is staged once, however often it is said', async () => {
    await using fleet = await openPublished()
    await fleet.stage()
    expect((await fleet.stage()).signed).toEqual([])
  })

  it('shares the policy and its keys with the others', async () => {
    await using fleet = await openPublished()
    const { keyIds } = await fleet.stage()
    const other = createSigner(randomBytes(32)).publicKey
    const both = await fleet.stage({
      target: 'game@beta',
      keys: [{ publicKey: Buffer.from(other).toString('hex') }],
    })
    expect(both).toMatchObject({ keyIds: [...keyIds, metadataKeyIdOf(other)], made: undefined })
    expect((await fleet.verify()).staged).toEqual(['game@beta', 'game@stable'])
  })

  it('is no longer staged when that is taken back, and with the last one the role is gone', async () => {
    await using fleet = await openPublished()
    await fleet.stage()
    await fleet.stage({ target: 'game@beta' })
    await fleet.stage({ isOff: true })
    expect((await fleet.verify()).staged).toEqual(['game@beta'])
    const { keyIds } = await fleet.stage({ target: 'game@beta', isOff: true })
    expect(keyIds).toEqual([])
    expect(await fleet.verify()).toMatchObject({ staged: [], problems: [] })
  })

  it('has its key replaced like any other', async () => {
    await using fleet = await openPublished()
    const { keyIds } = await fleet.stage()
    const change = await fleet.open((repository) => rotateKey(repository, fleet.origin, { role: 'policy' }, NOW))
    expect(change.removed).toBe(keyIds[0])
    expect(change.added).not.toBe(keyIds[0])
    expect(await fleet.verify()).toMatchObject({ staged: ['game@stable'], problems: [] })
  })

  it('is verified with the policy at the origin, if there is one', async () => {
    await using fleet = await openPublished()
    await fleet.stage()
    await fleet.sign(signPolicy(policy(), [await fleet.policyKey()]))
    expect((await fleet.verify()).problems).toEqual([])
    const later = new Date(NOW.getTime() + 7_200_000)
    expect((await fleet.verify(later)).problems).toEqual(
      expect.arrayContaining([expect.stringContaining('policy.json version 1 expired')]),
    )
    await fleet.sign(signPolicy(policy({ version: 2 }), [createSigner(randomBytes(32))]))
    expect((await fleet.verify()).problems).toEqual([expect.stringContaining('policy was signed by 0/1 keys')])
  })
})

it('names keys as the framework does', () => {
  const { publicKey } = createSigner(randomBytes(32))
  expect(metadataKeyIdOf(publicKey)).toBe(keyIdOf(publicKeyOf(publicKey)))
})
