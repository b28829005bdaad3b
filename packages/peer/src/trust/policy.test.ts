import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { signPolicy, TrustedSet, type ChannelPolicy } from '@shoal/release'
import {
  keyOfSeed,
  repository,
  targetsSigned,
  type Json,
  type Key,
  type Map as Signed,
} from '../../../../test/trust/author.ts'
import { nodeDisk, type Disk } from '../store/index.ts'
import { stoppingDisk } from '../store/fixture/crash-disk.ts'
import { openPolicy, type PolicyKeeper } from './policy.ts'

const NOW = new Date('2030-01-01T00:00:00Z')
const EXPIRES = new Date('2030-01-31T00:00:00Z')
const CHANNEL = { product: 'demo', channel: 'stable' }
const DISK: Disk = { ...nodeDisk, sync: async () => undefined }
const [one, other] = [keyOfSeed('policy'), keyOfSeed('another policy')]

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shoal-policy-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Verified targets that let a key sign the policy for the channel. */
function trusting(key: Key | undefined, paths = ['policy/demo/stable']): TrustedSet {
  const targets = targetsSigned()
  const delegations = targets['delegations'] as { keys: Signed; roles: Json[] }
  if (key !== undefined) {
    delegations.keys[key.id] = key.listed
    delegations.roles.push({ name: 'policy', terminating: true, paths, keyids: [key.id], threshold: 1 })
  }
  const files = repository({ targets: { delegations } })
  const set = new TrustedSet(files['1.root.json'] ?? new Uint8Array(), NOW)
  set.updateTimestamp(files['timestamp.json'] ?? new Uint8Array())
  set.updateSnapshot(files['1.snapshot.json'] ?? new Uint8Array())
  set.updateTargets('targets', 'root', files['1.targets.json'] ?? new Uint8Array())
  return set
}

function policy(version: number, key: Key = one): Uint8Array {
  const channel: ChannelPolicy = { ...CHANNEL, base: `${version}.0`, steps: [], withdrawn: [] }
  const { public: hex } = key.listed['keyval'] as { public: string }
  const publicKey = Buffer.from(hex, 'hex')
  const signer = { keyId: key.id, publicKey, sign: (bytes: Uint8Array) => Buffer.from(key.sign(bytes), 'hex') }
  return signPolicy({ version, expires: EXPIRES, channels: [channel] }, [signer])
}

async function open(disk: Disk = DISK): Promise<PolicyKeeper> {
  await DISK.mkdir(join(folder, 'scratch'), { recursive: true })
  return openPolicy(folder, { disk, onEvent: () => undefined })
}

/** Takes it, and returns when it is on disk. */
async function takeAndSave(keeper: PolicyKeeper, document: Uint8Array): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<Uint8Array>()
  const stop = keeper.onNews(resolve)
  expect(keeper.take(document)).toBe('news')
  expect(await promise).toBe(document)
  stop()
}

test('nothing is believed before the targets say who may sign', async () => {
  const keeper = await open()
  expect(() => keeper.take(policy(1))).toThrow('not known yet')
  expect(keeper.isStaged(CHANNEL)).toBe(false)
  keeper.judge(trusting(undefined))
  expect(() => keeper.take(policy(1))).toThrow('delegate to no policy role')
  expect(keeper.isStaged(CHANNEL)).toBe(false)
  keeper.judge(trusting(one))
  expect(keeper.isStaged(CHANNEL)).toBe(true)
  expect(keeper.isStaged({ ...CHANNEL, channel: 'beta' })).toBe(false)
  expect(() => keeper.take(policy(1, other))).toThrow(/signed|signatures|threshold/i)
  expect(keeper.policy).toBeUndefined()
})

test('the newest counts, an equal or older one is known', async () => {
  const keeper = await open()
  keeper.judge(trusting(one))
  await takeAndSave(keeper, policy(2))
  expect(keeper.take(policy(2))).toBe('known')
  expect(keeper.take(policy(1))).toBe('known')
  expect(keeper.policy?.channels[0]?.base).toBe('2.0')
})

test('after a restart it is there, and none that is older than it was, with the document lost or with the floor lost', async () => {
  {
    const keeper = await open()
    keeper.judge(trusting(one))
    await takeAndSave(keeper, policy(3))
  }
  const again = await open()
  expect(again.policy).toBeUndefined()
  again.judge(trusting(one))
  expect(again.policy?.version).toBe(3)
  expect(again.document).toEqual(new Uint8Array(policy(3)))

  await rm(join(folder, 'policy.json'))
  const lost = await open()
  lost.judge(trusting(one))
  expect(lost.policy).toBeUndefined()
  expect(() => lost.take(policy(2))).toThrow('version 2 of the policy is older than version 3')

  await takeAndSave(lost, policy(3))
  await writeFile(join(folder, 'policy-floor.json'), '{')
  const damaged = await open()
  damaged.judge(trusting(one))
  expect(damaged.policy?.version).toBe(3)
})

test('another key frees from the versions of the one before, and takes its documents away', async () => {
  const keeper = await open()
  keeper.judge(trusting(one))
  await takeAndSave(keeper, policy(9))
  keeper.judge(trusting(other))
  expect(keeper.policy).toBeUndefined()
  expect(keeper.document).toBeUndefined()
  expect(() => keeper.take(policy(10))).toThrow()
  await takeAndSave(keeper, policy(1, other))
})

test('a channel that is not staged is not spoken for', async () => {
  const keeper = await open()
  keeper.judge(trusting(one, ['policy/demo/beta']))
  await takeAndSave(keeper, policy(1))
  expect(keeper.policy?.channels).toEqual([])
})

test('whatever operation a save dies at, what is kept verifies, and its floor is never ahead of it', async () => {
  {
    const keeper = await open()
    keeper.judge(trusting(one))
    await takeAndSave(keeper, policy(1))
  }
  let version = 1
  for (let stopAt = 1, wasStopped = true; wasStopped; stopAt++) {
    version += 1
    const disk = stoppingDisk(DISK, stopAt)
    const keeper = await open(disk).catch(() => undefined)
    keeper?.judge(trusting(one))
    if (keeper !== undefined) await takeAndSave(keeper, policy(version))
    wasStopped = disk.stopped()
    const after = await open()
    after.judge(trusting(one))
    expect(after.policy?.version).toBeOneOf([version - 1, version])
    await takeAndSave(after, policy(version + 1))
    version += 1
  }
})
