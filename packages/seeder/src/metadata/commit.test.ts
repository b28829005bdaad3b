import { readdir, rm } from 'node:fs/promises'
import { parseTrustedRoot } from '@shoal/release'
import { describe, expect, it } from 'vitest'
import { openFleet, releaseOf } from '../fixture/fleet.ts'
import { refreshMetadataOf } from '../manage/refresh.ts'
import { revokeKey, rotateKey } from '../manage/rotate.ts'
import { verifyMetadata } from '../manage/verify.ts'
import { openOrigin } from '../origin/open.ts'
import type { Origin } from '../origin/origin.ts'
import { rootAuthority } from './authority.ts'
import { keyIdOf, publicKeyOf } from '../keys/public-key.ts'
import { commit } from './commit.ts'
import { encodeDocument } from './document.ts'
import { emptyTargets, withRelease } from './edit.ts'
import { signDocument } from './sign.ts'

const STABLE = { channels: [{ channel: 'stable', keys: 1, threshold: 1 }] }
const ROLES = ['root', 'targets', 'rel-game-stable', 'snapshot', 'timestamp']

/** An origin whose connection breaks with a write: the first ones work, later ones throw. */
function failingAfter(writes: number, origin: Origin): Origin {
  let left = writes
  const spend = (): void => {
    if (left-- <= 0) throw new Error('the connection is gone')
  }
  return {
    ...origin,
    put: async (path, body) => {
      spend()
      return origin.put(path, body)
    },
    replace: async (path, bytes, expected) => {
      spend()
      return origin.replace(path, bytes, expected)
    },
  }
}

describe('a commit', () => {
  it('writes nothing but the timestamp over what is there, and the timestamp last', async () => {
    await using fleet = await openFleet(STABLE)
    const writes: string[] = []
    const origin: Origin = {
      ...fleet.origin,
      put: async (path, body) => {
        writes.push(`put ${path}`)
        return fleet.origin.put(path, body)
      },
      replace: async (path, bytes, expected) => {
        writes.push(`replace ${path}`)
        return fleet.origin.replace(path, bytes, expected)
      },
    }
    await fleet.open((repository) => fleet.offer(repository, '1.0', origin))
    await fleet.open((repository) => fleet.offer(repository, '1.1', origin))
    expect(writes).toEqual([
      'put tuf/1.rel-game-stable.json',
      'put tuf/1.targets.json',
      'put tuf/1.snapshot.json',
      'put tuf/1.root.json',
      'replace tuf/timestamp.json',
      'put tuf/2.rel-game-stable.json',
      'put tuf/2.snapshot.json',
      'replace tuf/timestamp.json',
    ])
  })

  it('is seen whole or not at all, whichever write it dies at, and the next one goes on', async () => {
    for (let writes = 0; writes < 3; writes++) {
      await using fleet = await openFleet(STABLE)
      await fleet.open((repository) => fleet.offer(repository, '1.0'))
      const dying = fleet.open((repository) => fleet.offer(repository, '1.1', failingAfter(writes, fleet.origin)))
      await expect(dying).rejects.toThrow('the connection is gone')
      expect(await fleet.ask('game@stable')).toMatchObject({ version: '1.0', counter: 1 })
      await fleet.open((repository) => fleet.offer(repository, '1.2'))
      expect(await fleet.ask('game@stable')).toMatchObject({ version: '1.2', counter: 2 })
    }
  })

  it('tries again on top of what another publisher did meanwhile', async () => {
    await using fleet = await openFleet(STABLE)
    await fleet.copyRepository('other')
    await fleet.open((repository) => fleet.offer(repository, '1.0'))
    let isFirst = true
    const origin: Origin = {
      ...fleet.origin,
      replace: async (path, bytes, expected) => {
        if (isFirst) {
          isFirst = false
          await fleet.open((other) => fleet.offer(other, 'theirs'), 'other')
        }
        return fleet.origin.replace(path, bytes, expected)
      },
    }
    await fleet.open((repository) => fleet.offer(repository, 'ours', origin))
    expect(await fleet.ask('game@stable')).toMatchObject({ version: 'ours', counter: 3 })
    expect(await fleet.ask('game@stable:theirs')).toMatchObject({ counter: 2 })
    expect(await fleet.ask('game@stable:1.0')).toMatchObject({ counter: 1 })
  })

  it('gives up when others never stop', async () => {
    await using fleet = await openFleet(STABLE)
    const origin: Origin = { ...fleet.origin, replace: async () => 'changed' }
    const hopeless = fleet.open((repository) => fleet.offer(repository, '1.0', origin))
    await expect(hopeless).rejects.toMatchObject({ code: 'ORIGIN_BUSY' })
  })

  it('puts everything at an origin that lost it, with higher versions than devices have seen', async () => {
    await using fleet = await openFleet(STABLE)
    await fleet.open((repository) => fleet.offer(repository, '1.0'))
    await rm(fleet.path('origin'), { recursive: true })
    const origin = await openOrigin(fleet.path('origin'))
    await fleet.open((repository) => refreshMetadataOf(repository, origin, { now: new Date(), always: true }))
    expect(await fleet.ask('game@stable')).toMatchObject({ version: '1.0' })
    expect((await readdir(fleet.path('origin/tuf'))).toSorted()).toEqual([
      ...['1.rel-game-stable.json', '1.root.json', '1.targets.json', '2.snapshot.json', 'timestamp.json'],
    ])
  })

  it('refuses an origin of another repository, and one that was tampered with', async () => {
    await using fleet = await openFleet(STABLE)
    await using other = await openFleet(STABLE)
    await fleet.open((repository) => fleet.offer(repository, '1.0'))
    await expect(other.open((repository) => other.offer(repository, '1.0', fleet.origin))).rejects.toMatchObject({
      code: 'ORIGIN_FOREIGN',
    })
    const file = 'origin/tuf/1.rel-game-stable.json'
    await fleet.write(file, (await fleet.read(file)).replace('1.0', '6.6'))
    await expect(fleet.open((repository) => fleet.offer(repository, '1.1'))).rejects.toMatchObject({
      code: 'ORIGIN_CORRUPT',
    })
  })

  it('does not sign on top of a copy in the repository that was tampered with', async () => {
    await using fleet = await openFleet(STABLE)
    await fleet.open((repository) => fleet.offer(repository, '1.0'))
    const file = 'repo/metadata/1.rel-game-stable.json'
    await fleet.write(file, (await fleet.read(file)).replace('1.0', '6.6'))
    await expect(fleet.open(async () => undefined)).rejects.toMatchObject({ code: 'REPOSITORY_INVALID' })
  })

  it('works after an outage in which all but the root expired', async () => {
    await using fleet = await openFleet(STABLE)
    await fleet.open((repository) => fleet.offer(repository, '1.0'))
    const later = new Date(Date.now() + 100 * 24 * 60 * 60 * 1000)
    await expect(fleet.ask('game@stable', later)).rejects.toMatchObject({ code: 'METADATA_EXPIRED' })
    await fleet.open((repository) => refreshMetadataOf(repository, fleet.origin, { now: later, always: true }))
    expect(await fleet.ask('game@stable', later)).toMatchObject({ version: '1.0' })
  })
})

describe('a rotation of keys', () => {
  it.each(ROLES)('of %s is followed by a device that knows the first root alone', async (role) => {
    await using fleet = await openFleet(STABLE)
    await fleet.open((repository) => fleet.offer(repository, '1.0'))
    for (let round = 0; round < 2; round++) {
      const { removed, added } = await fleet.open((repository) =>
        rotateKey(repository, fleet.origin, { role }, new Date()),
      )
      expect(removed).not.toBe(added)
      expect(await fleet.ask('game@stable')).toMatchObject({ version: '1.0' })
    }
    await fleet.open((repository) => fleet.offer(repository, '1.1'))
    expect(await fleet.ask('game@stable')).toMatchObject({ version: '1.1', counter: 2 })
    expect((await verifyMetadata(fleet.path('repo'), fleet.origin, new Date())).problems).toEqual([])
  })

  it.each(ROLES)('of %s is completed by the next command, whichever write it dies at', async (role) => {
    for (let writes = 0; ; writes++) {
      await using fleet = await openFleet(STABLE)
      await fleet.open((repository) => fleet.offer(repository, '1.0'))
      const died = await fleet
        .open((repository) => rotateKey(repository, failingAfter(writes, fleet.origin), { role }, new Date()))
        .then(
          () => false,
          () => true,
        )
      await fleet.open((repository) => fleet.offer(repository, '1.1'))
      expect(await fleet.ask('game@stable')).toMatchObject({ version: '1.1', counter: 2 })
      expect((await verifyMetadata(fleet.path('repo'), fleet.origin, new Date())).problems).toEqual([])
      if (!died) break
    }
  })

  it.each(['root', 'targets'])('of %s made offline goes out with the next commit', async (role) => {
    await using fleet = await openFleet(STABLE)
    await fleet.open((repository) => fleet.offer(repository, '1.0'))
    const { added } = await fleet.open((repository) => rotateKey(repository, undefined, { role }, new Date()))
    await fleet.open((repository) => fleet.offer(repository, '1.1'))
    expect(await fleet.ask('game@stable')).toMatchObject({ version: '1.1' })
    const { roots } = await fleet.open(async ({ metadata }) => metadata)
    const root = roots.at(-1)?.signed
    if (root === undefined) throw new Error('no root')
    expect([...rootAuthority(root, role as 'root').keys.values()].map(keyIdOf)).toEqual([added])
    expect(await fleet.read('repo/root.json')).toBe(await fleet.read('origin/tuf/2.root.json'))
  })

  it('of enrolment replaces the key in root, and refuses an open fleet', async () => {
    await using fleet = await openFleet({ ...STABLE, isPrivate: true })
    await fleet.open((repository) => fleet.offer(repository, '1.0'))
    const before = parseTrustedRoot(fleet.firstRoot).enrolmentKeys
    const rotate = (place: typeof fleet) =>
      place.open((repository) => rotateKey(repository, place.origin, { role: 'enrolment' }, new Date()))
    const { added } = await rotate(fleet)
    const { enrolmentKeys = [], version } = parseTrustedRoot(Buffer.from(await fleet.read('repo/root.json')))
    expect(version).toBe(2)
    expect(enrolmentKeys.map((key) => keyIdOf(publicKeyOf(key)))).toEqual([added])
    expect(enrolmentKeys).not.toEqual(before)
    expect(await fleet.ask('game@stable')).toMatchObject({ version: '1.0' })
    await using open = await openFleet(STABLE)
    await expect(rotate(open)).rejects.toMatchObject({ code: 'ROLE_MISSING' })
  })

  it('is learned from the origin by another repository of the fleet', async () => {
    await using fleet = await openFleet(STABLE)
    await fleet.open((repository) => fleet.offer(repository, '1.0'))
    await fleet.copyRepository('other')
    await fleet.open((repository) => rotateKey(repository, fleet.origin, { role: 'root' }, new Date()))
    await fleet.open((other) => fleet.offer(other, '1.1'), 'other')
    expect(await fleet.read('other/root.json')).toBe(await fleet.read('repo/root.json'))
    expect(await fleet.ask('game@stable')).toMatchObject({ version: '1.1' })
  })
})

describe('a revocation', () => {
  it('takes a key out, and refuses to leave fewer than must sign', async () => {
    await using fleet = await openFleet({ root: { keys: 3, threshold: 2 } })
    const { signed } = await fleet.open(async ({ metadata }) => metadata.root)
    const [first = '', second = ''] = signed.roles.root.keyids
    const revoke = (keyId: string) =>
      fleet.open((repository) => revokeKey(repository, fleet.origin, { role: 'root', keyId }, new Date()))
    await revoke(first.slice(0, 10))
    await expect(revoke(first)).rejects.toMatchObject({ code: 'KEY_UNKNOWN' })
    await expect(revoke(second)).rejects.toMatchObject({ code: 'THRESHOLD_INVALID' })
  })

  it('keeps what other repositories published, unless the key was stolen', async () => {
    for (const isCompromised of [false, true]) {
      await using fleet = await openFleet(STABLE)
      await fleet.open((repository) => fleet.offer(repository, '1.0'))
      await fleet.copyRepository('other')
      await fleet.open((other) => fleet.offer(other, 'theirs'), 'other')
      const rotation = { role: 'rel-game-stable', isCompromised }
      const { dropped } = await fleet.open((repository) => rotateKey(repository, fleet.origin, rotation, new Date()))
      expect(dropped).toEqual(isCompromised ? ['game/stable/theirs/any.release'] : [])
      expect(await fleet.ask('game@stable')).toMatchObject({ version: isCompromised ? '1.0' : 'theirs' })
    }
  })

  it('ends a fast-forward of versions by a stolen timestamp key', async () => {
    await using fleet = await openFleet(STABLE)
    await fleet.open((repository) => fleet.offer(repository, '1.0'))
    const { document } = await fleet.open(async ({ metadata, keyring }) => {
      const { timestamp } = metadata
      const authority = metadata.authority('timestamp')
      if (timestamp === undefined || authority === undefined) throw new Error('no timestamp')
      const far = encodeDocument({ ...timestamp.signed, version: Number.MAX_SAFE_INTEGER }, [])
      return signDocument(far, [authority], keyring)
    })
    await fleet.write('origin/tuf/timestamp.json', Buffer.from(document.bytes).toString())
    const rotation = { role: 'timestamp', isCompromised: true }
    await fleet.open((repository) => rotateKey(repository, fleet.origin, rotation, new Date()))
    const { timestamp } = await fleet.open(async ({ metadata }) => metadata)
    expect(timestamp?.signed.version).toBe(2)
    expect(await fleet.ask('game@stable')).toMatchObject({ version: '1.0' })
  })
})

describe('a channel with 1,000 releases', () => {
  it('takes another one in about a second', async () => {
    await using fleet = await openFleet(STABLE)
    const body = emptyTargets()
    for (let counter = 1; counter <= 1000; counter++)
      body.targets = { ...withRelease(body, releaseOf(`${counter}`, counter)).targets }
    const releases = new Map([['rel-game-stable', body]])
    await fleet.open((repository) => commit(repository, fleet.origin, () => ({ releases }), new Date()))
    const before = process.cpuUsage()
    await fleet.open((repository) => fleet.offer(repository, 'newest'))
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1e6).toBeLessThan(3)
    expect(await fleet.ask('game@stable')).toMatchObject({ version: 'newest', counter: 1001 })
    expect(await fleet.ask('game@stable:1')).toBeUndefined()
  })
})
