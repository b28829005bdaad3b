import { watch } from 'node:fs'
import { once } from 'node:events'
import { chmod, chown, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { parseReleaseId } from '@shoal/release'
import { describe, expect, it } from 'vitest'
import { askChannel } from './fixture/client.ts'
import { finish, runSeeder, startSeeder } from './fixture/command.ts'
import { noise, temporaryFolder, writeTree, type TreeContent } from './fixture/folder.ts'
import { restoreRelease } from './fixture/restore.ts'

const MiB = 1024 * 1024

async function workplace(content: TreeContent) {
  const folder = await temporaryFolder()
  await writeTree(folder.path('tree'), content)
  await runSeeder(['init', '--repo', folder.path('repo'), '--product', 'game'])
  const places = ['--repo', folder.path('repo'), '--origin', folder.path('origin')]
  const args = (version: string, more: string[] = []): string[] => [
    ...['publish', folder.path('tree'), ...places, '--channel', 'stable', '--version', version, '--json', ...more],
  ]
  return { ...folder, args, publish: (version: string, more: string[] = []) => runSeeder(args(version, more)) }
}

const idOf = (record: Record<string, unknown> | undefined) => parseReleaseId(String(record?.['release']))

const TREE: TreeContent = {
  'readme.md': 'hello',
  'copy/readme.md': 'hello',
  'bin/start': { executable: '#!/bin/sh\necho hi\n' },
  'data/ünï cödé 日本': noise(900_000, 1),
  'data/empty': '',
  'plugins/none': null,
  current: { link: 'bin/start' },
}

describe('shoal-seeder publish', () => {
  it('publishes a tree that reads back the same, signed, and the channel offers it', async () => {
    await using place = await workplace(TREE)
    const { exit, records } = await place.publish('1.0')
    expect(exit).toBe(0)
    expect(records.map((record) => record['phase'] ?? record['type'])).toEqual([
      ...['scan', 'chunk', 'upload', 'verify', 'sign', 'summary'],
    ])
    const summary = records.at(-1)
    expect(summary).toMatchObject({
      ...{ v: 1, type: 'summary', product: 'game', channel: 'stable', version: '1.0', platform: 'any' },
      ...{ files: 5, bytes: 900_028, packs: 1, reusedShare: 0, alreadyPublished: false },
    })
    const { content } = await restoreRelease(place.path('origin'), idOf(summary))
    const expected = Object.entries(TREE).map(([path, what]) => [
      path,
      typeof what === 'string' ? Buffer.from(what) : what,
    ])
    expect(content).toEqual(
      Object.fromEntries(expected.map(([path, what]) => [path, what instanceof Buffer ? new Uint8Array(what) : what])),
    )

    const offered = await askChannel(await readFile(place.path('repo/root.json')), place.path('origin'), 'game@stable')
    expect(offered).toMatchObject({ version: '1.0', counter: 1, release: idOf(summary) })
    expect(await readdir(place.path('repo/publishing'))).toEqual([])
  })

  it('uploads nothing the second time, and says so', async () => {
    await using place = await workplace(TREE)
    const first = (await place.publish('1.0')).records.at(-1)
    const second = await place.publish('1.0')
    expect(second.exit).toBe(0)
    expect(second.records.at(-1)).toMatchObject({
      ...{ release: first?.['release'], alreadyPublished: true, newChunks: 0, newBytes: 0, uploadedBytes: 0, packs: 0 },
    })
    const human = await runSeeder(place.args('1.0').filter((arg) => arg !== '--json'))
    expect(human.stdout).toContain('already published: nothing uploaded')
  })

  it('uploads only what changed, and names the release before', async () => {
    await using place = await workplace(TREE)
    const first = (await place.publish('1.0')).records.at(-1)
    await writeFile(place.path('tree/readme.md'), 'hello again')
    const second = (await place.publish('1.1')).records.at(-1)
    expect(second).toMatchObject({ newChunks: 1, newBytes: 11, packs: 1 })
    expect(second?.['previous']).toEqual({ version: '1.0', release: first?.['release'] })
    expect(second?.['reusedShare']).toBeGreaterThan(0.99)
    await restoreRelease(place.path('origin'), idOf(second))
  })

  it('takes over chunks from other channels and platforms', async () => {
    await using place = await workplace(TREE)
    await place.publish('1.0')
    const elsewhere = (await place.publish('1.0', ['--channel', 'beta', '--platform', 'linux-x64'])).records.at(-1)
    expect(elsewhere).toMatchObject({
      newChunks: 0,
      packs: 0,
      channel: 'beta',
      platform: 'linux-x64',
      alreadyPublished: false,
    })
  })

  it('exits 8 for the same version with other content, names what differs, and changes nothing', async () => {
    await using place = await workplace(TREE)
    await place.publish('1.0')
    await writeFile(place.path('tree/readme.md'), 'other')
    await writeFile(place.path('tree/added'), 'x')
    await rm(place.path('tree/data/empty'))
    const timestamp = await readFile(place.path('origin/tuf/timestamp.json'))
    const { exit, records } = await place.publish('1.0')
    expect(exit).toBe(8)
    expect(records.at(-1)).toMatchObject({
      ...{ type: 'error', code: 'VERSION_CONFLICT', exit: 8 },
      message:
        'game@stable:1.0 is published with other content: 1 changed (readme.md), 1 added (added), 1 removed (data/empty)',
    })
    expect(await readFile(place.path('origin/tuf/timestamp.json'))).toEqual(timestamp)
  })

  it('goes on after kill -9: what was stored is not stored again, and nobody saw half a release', async () => {
    await using place = await workplace({ 'a.bin': noise(150 * MiB, 1), 'b.bin': noise(10 * MiB, 2) })
    const child = startSeeder(place.args('1.0', ['--workers', '2']))
    const killed = finish(child)
    const journals = watch(place.path('repo'), { recursive: true })
    await new Promise<void>((resolve) => {
      journals.on('change', (_, name) => {
        if (String(name).endsWith('.jsonl')) resolve()
      })
    })
    child.kill('SIGKILL')
    journals.close()
    expect((await killed).exit).toBeNull()
    await expect(stat(place.path('origin/tuf'))).rejects.toThrow('ENOENT')

    const { exit, records } = await place.publish('1.0')
    const summary = records.at(-1)
    expect(exit).toBe(0)
    expect(summary).toMatchObject({ newBytes: 160 * MiB, alreadyPublished: false })
    expect(summary?.['uploadedBytes']).toBeLessThan(100 * MiB)
    expect(await readdir(place.path('origin/packs'))).toHaveLength(3)
    expect((await readdir(place.path('origin/.incoming'))).filter((name) => name.startsWith('writing-'))).toEqual([])
    await restoreRelease(place.path('origin'), idOf(summary))
  })

  it('uploads again what an origin has lost', async () => {
    await using place = await workplace(TREE)
    await place.publish('1.0')
    await rm(place.path('origin/packs'), { recursive: true })
    const again = (await place.publish('1.0')).records.at(-1)
    expect(again).toMatchObject({ packs: 1, alreadyPublished: true })
    await restoreRelease(place.path('origin'), idOf(again))
  })

  it('lets one of two publishers at a time publish from a repository', async () => {
    await using place = await workplace({ 'a.bin': noise(20 * MiB, 1) })
    const both = await Promise.all([place.publish('1.0'), place.publish('2.0')])
    const locked = both.filter(({ exit }) => exit !== 0)
    for (const { records } of locked) expect(records.at(-1)).toMatchObject({ code: 'REPOSITORY_LOCKED', exit: 1 })
    expect(locked.length).toBeLessThan(2)
    const [one, two] = [await place.publish('1.0'), await place.publish('2.0')]
    expect([one.exit, two.exit]).toEqual([0, 0])
    await restoreRelease(place.path('origin'), idOf(one.records.at(-1)))
    await restoreRelease(place.path('origin'), idOf(two.records.at(-1)))
  })

  it('refuses an origin of another repository', async () => {
    await using place = await workplace(TREE)
    await place.publish('1.0')
    await runSeeder(['init', '--repo', place.path('other')])
    const { exit, records } = await place.publish('1.1', ['--repo', place.path('other'), '--product', 'game'])
    expect([exit, records.at(-1)?.['code']]).toEqual([5, 'ORIGIN_FOREIGN'])
  })

  it.each([
    [['--version', '1/0'], 2, 'NAME_INVALID'],
    [['--channel', 'Stable'], 2, 'NAME_INVALID'],
    [['--product', 'other'], 2, 'PRODUCT_MISMATCH'],
    [['--origin', 's3://bucket'], 2, 'ORIGIN_UNSUPPORTED'],
    [['--level', '99'], 2, 'USAGE'],
    [['--levle', '3'], 2, 'USAGE'],
    [['--repo', '/nonexistent/repo'], 6, 'REPOSITORY_MISSING'],
  ])('refuses %o', async (more, exit, code) => {
    await using place = await workplace(TREE)
    const result = await place.publish('1.0', more)
    expect([result.exit, result.records.at(-1)?.['code']]).toEqual([exit, code])
    expect(result.stderr).toMatch(/^error {2}[A-Z_]+ {2}.+\n {7}fix: .+\n$/)
  })

  it('exits 1 for a symlink that leaves the tree, with the reason', async () => {
    await using place = await workplace({ ...TREE, 'lib/out': { link: '../../elsewhere' } })
    const { exit, records } = await place.publish('1.0')
    expect(exit).toBe(1)
    expect(records.at(-1)).toMatchObject({
      code: 'SOURCE_INVALID',
      message: 'symlink "lib/out": target "../../elsewhere" leaves the tree',
    })
  })

  it('exits 6 for a missing folder, and 1 for a file that it may not read', async () => {
    await using place = await workplace(TREE)
    await rm(place.path('tree/data'), { recursive: true })
    await chmod(place.path('tree/readme.md'), 0)
    // Root may read anything: then the program runs as nobody.
    const uid = process.getuid?.() === 0 ? 65_534 : undefined
    if (uid !== undefined) {
      await chmod(place.path(''), 0o755)
      for (const name of await readdir(place.path(''), { recursive: true })) {
        if (name.startsWith('repo')) await chown(place.path(name), uid, uid)
      }
    }
    const origin = ['--origin', place.path('repo/origin')]
    const unreadable = await runSeeder(place.args('1.0', origin), uid === undefined ? {} : { uid })
    expect(unreadable.records.at(-1)).toMatchObject({
      ...{ code: 'SOURCE_UNREADABLE', exit: 1, message: 'readme.md cannot be read (EACCES)' },
    })
    await rm(place.path('tree'), { recursive: true })
    const missing = await place.publish('1.0')
    expect([missing.exit, missing.records.at(-1)?.['code']]).toEqual([6, 'SOURCE_MISSING'])
  })
})

describe('shoal-seeder init', () => {
  it('makes keys that only their owner can read, and never overwrites them', async () => {
    await using folder = await temporaryFolder()
    const first = await runSeeder(['init', '--repo', folder.path('repo'), '--json'])
    expect(first.records).toMatchObject([{ v: 1, type: 'repository', root: folder.path('repo/root.json') }])
    expect((await stat(folder.path('repo/keys'))).mode & 0o777).toBe(0o700)
    expect((await stat(folder.path('repo/keys/root.pem'))).mode & 0o777).toBe(0o600)
    const key = await readFile(folder.path('repo/keys/root.pem'))
    const again = await runSeeder(['init', '--repo', folder.path('repo'), '--json'])
    expect([again.exit, again.records.at(-1)?.['code']]).toEqual([1, 'REPOSITORY_EXISTS'])
    expect(await readFile(folder.path('repo/keys/root.pem'))).toEqual(key)
  })
})

describe('shoal-seeder serve', () => {
  it('says where it listens, and stops cleanly on SIGTERM', async () => {
    await using folder = await temporaryFolder()
    await writeTree(folder.path('origin'), { 'blocks/a': 'block' })
    const child = startSeeder(['serve', '--origin', folder.path('origin'), '--listen', '127.0.0.1:0', '--json'])
    const ended = finish(child)
    const [line] = (await once(child.stdout ?? child, 'data')) as [string]
    const { type, url } = JSON.parse(line) as { type: string; url: string }
    expect(type).toBe('listening')
    expect(await (await fetch(`${url}/blocks/a`)).text()).toBe('block')
    child.kill('SIGTERM')
    const { exit, records } = await ended
    expect(exit).toBe(0)
    expect(records.at(-1)).toMatchObject({ type: 'summary', requests: 1 })
  })

  it('exits 1 when the port is in use, and 2 for no address', async () => {
    await using folder = await temporaryFolder()
    await writeTree(folder.path('origin'), { 'blocks/a': 'block' })
    const serve = (listen: string) => ['serve', '--origin', folder.path('origin'), '--json', '--listen', listen]
    const child = startSeeder(serve('127.0.0.1:0'))
    const ended = finish(child)
    const [line] = (await once(child.stdout ?? child, 'data')) as [string]
    const { host } = new URL((JSON.parse(line) as { url: string }).url)
    const second = await runSeeder(serve(host))
    expect([second.exit, second.records.at(-1)?.['code']]).toEqual([1, 'LISTEN_FAILED'])
    expect((await runSeeder(serve('nowhere'))).exit).toBe(2)
    child.kill('SIGTERM')
    await ended
  })
})
