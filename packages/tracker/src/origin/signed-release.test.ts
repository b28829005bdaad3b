import { metadataKeyIdOf } from '@shoal/release'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CHANNEL_SIGNERS, writeOrigin } from '../fixture/origin.ts'
import { encodeRoot } from '../fixture/root.ts'
import { createSignedReader } from './signed-release.ts'

const GAME = { product: 'game', channel: 'stable' }
const RELEASE = { ...GAME, version: '2.0' }
const STEP_BYTES = 16 * 1024 ** 2
const NOW = Date.UTC(2026, 10, 28)

let originDir: string
beforeEach(async () => {
  originDir = await mkdtemp(join(tmpdir(), 'shoal-origin-'))
  await writeOrigin(originDir, [
    { ...GAME, version: '1.0', platform: 'linux-x64', sizeBytes: STEP_BYTES },
    { ...RELEASE, platform: 'windows-x64', sizeBytes: 2 * STEP_BYTES },
    { ...RELEASE, platform: 'linux-x64', sizeBytes: 3 * STEP_BYTES },
  ])
})
afterEach(() => rm(originDir, { recursive: true }))

const read = (release = RELEASE, nowMs = NOW) =>
  createSignedReader({ originDir, root: encodeRoot() }, () => nowMs)(release)

describe('what is signed of a release', () => {
  it('is who signed it from the root down, and what it is for each platform', async () => {
    const { problem, roles, platforms } = await read()
    expect(problem).toBeUndefined()
    expect(roles).toMatchObject([
      { role: 'root', version: 1, threshold: 1, keys: [{ signed: true }] },
      { role: 'targets', version: 1, threshold: 1, keys: [{ signed: true }] },
      { role: 'rel-game-stable', version: 1, threshold: 2, expires: new Date('2100-01-01T00:00:00Z') },
    ])
    const absent = metadataKeyIdOf(CHANNEL_SIGNERS[2]?.publicKey ?? new Uint8Array())
    expect(roles[2]?.keys).toHaveLength(3)
    expect(roles[2]?.keys.filter(({ signed }) => !signed)).toEqual([{ id: absent, signed: false }])
    expect(platforms).toMatchObject([
      { platform: 'linux-x64', counter: 3, sizeBytes: 3 * STEP_BYTES, entries: 3 },
      { platform: 'windows-x64', counter: 2, sizeBytes: 2 * STEP_BYTES, entries: 2 },
    ])
  })

  it('leaves out the size where the origin lacks the root block', async () => {
    await rm(join(originDir, 'blocks'), { recursive: true })
    const { problem, platforms } = await read()
    expect([problem, platforms.length, platforms[0]?.sizeBytes]).toEqual([undefined, 2, undefined])
  })

  it('is nothing where a root block is not the one that was signed', async () => {
    for (const name of await readdir(join(originDir, 'blocks'))) await writeFile(join(originDir, 'blocks', name), 'x')
    expect(await read()).toMatchObject({ platforms: [], problem: expect.stringContaining('do not match the id') })
  })

  it('says so when the origin has no such release', async () => {
    const { problem, roles, platforms } = await read({ ...GAME, version: '9' })
    expect([problem, roles.length, platforms]).toEqual([expect.stringContaining('no such release'), 2, []])
  })

  it('says what has expired, or is not the fleet’s, and believes nothing of it', async () => {
    const late = await read(RELEASE, Date.UTC(2101, 0))
    expect(late).toMatchObject({ roles: [], platforms: [], problem: expect.stringMatching(/expired/) })
    await writeFile(join(originDir, 'tuf', '1.targets.json'), '{}')
    expect(await read()).toMatchObject({
      roles: [],
      platforms: [],
      problem: expect.stringMatching(/counts for nothing/),
    })
    await rm(join(originDir, 'tuf'), { recursive: true })
    expect(await read()).toMatchObject({ roles: [], platforms: [], problem: expect.any(String) })
  })
})
