import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { askChannel } from '../fixture/client.ts'
import { runSeeder } from '../fixture/command.ts'
import { temporaryFolder, writeTree } from '../fixture/folder.ts'

async function workplace(init: string[] = []) {
  const folder = await temporaryFolder()
  await writeTree(folder.path('tree'), { 'readme.md': 'hello' })
  await writeFile(folder.path('secret'), 'open sesame\n')
  const repo = ['--repo', folder.path('repo')]
  const both = [...repo, '--origin', folder.path('origin')]
  const made = await runSeeder(['init', ...repo, '--product', 'game', '--json', ...init])
  const run = (command: string, ...more: string[]) => runSeeder([command, ...both, '--json', ...more])
  const publish = (version: string) =>
    runSeeder(['publish', folder.path('tree'), ...both, '--channel', 'stable', '--version', version, '--json'])
  const ask = async () =>
    askChannel(await readFile(folder.path('repo/root.json')), folder.path('origin'), 'game@stable')
  return { ...folder, made, run, publish, ask, document: made.records[0] }
}

describe('the commands of shoal-seeder', () => {
  it('take a release through two signatures, with keys that are encrypted', async () => {
    await using place = await workplace([])
    const repo = ['--repo', place.path('careful')]
    const unlock = ['--passphrase-file', place.path('secret')]
    const careful = [
      '--product',
      'game',
      '--channel',
      'stable:2',
      '--private',
      '--root-keys',
      '3',
      '--root-threshold',
      '2',
    ]
    const { records } = await runSeeder(['init', ...repo, ...careful, ...unlock, '--timestamp-days', '7', '--json'])
    expect(records[0]).toMatchObject({
      ...{ type: 'repository', encrypted: true, private: true, product: 'game' },
      keys: {
        root: ['keys/root-1.pem', 'keys/root-2.pem', 'keys/root-3.pem'],
        enrolment: ['keys/enrolment.pem'],
        'rel-game-stable': ['keys/rel-game-stable-1.pem', 'keys/rel-game-stable-2.pem'],
      },
    })
    const root = JSON.parse(await readFile(place.path('careful/root.json'), 'utf8')) as Record<string, unknown>
    expect(root['signed']).toMatchObject({
      'x-shoal': { fleet: records[0]?.['fleet'], members: { enrolment: [expect.stringMatching(/^[0-9a-f]{64}$/)] } },
    })
    const stick = place.path('stick.pem')
    await rename(place.path('careful/keys/rel-game-stable-2.pem'), stick)
    const origin = ['--origin', place.path('origin')]
    const what = [
      'publish',
      place.path('tree'),
      ...repo,
      ...origin,
      '--channel',
      'stable',
      '--version',
      '1.0',
      '--json',
    ]
    const locked = await runSeeder(what)
    expect([locked.exit, locked.records.at(-1)?.['code']]).toEqual([7, 'KEY_UNREACHABLE'])
    const waiting = await runSeeder([...what, ...unlock])
    expect([waiting.exit, waiting.records.at(-1)]).toMatchObject([0, { signatures: { have: 1, need: 2 } }])
    const sign = [
      'sign',
      ...repo,
      ...origin,
      '--role',
      'rel-game-stable',
      '--key',
      `file:${stick}`,
      ...unlock,
      '--json',
    ]
    expect((await runSeeder(sign)).records[0]).toMatchObject({ type: 'signed', published: true, version: 1 })
    const verified = await runSeeder(['verify', ...repo, ...origin, '--json'])
    expect(verified.records[0]).toMatchObject({ type: 'verification', ok: true, problems: [] })
  })

  it('change keys and channels, and devices follow', async () => {
    await using place = await workplace()
    await place.publish('1.0')
    const rotated = await place.run('rotate', '--role', 'timestamp')
    expect(rotated.records[0]).toMatchObject({ type: 'keys', role: 'timestamp', dropped: [] })
    const other = 'ab'.repeat(32)
    const changed = await place.run('channel', '--channel', 'stable', '--public-key', other)
    const { keyIds } = changed.records[0] as { keyIds: string[] }
    expect(changed.records[0]).toMatchObject({ type: 'channel', role: 'rel-game-stable', threshold: 1, isNew: false })
    expect(keyIds).toHaveLength(2)
    const revoked = await place.run('revoke', '--role', 'rel-game-stable', '--key', keyIds[1]?.slice(0, 8) ?? '')
    expect(revoked.records[0]).toMatchObject({ removed: keyIds[1] })
    const refreshed = await place.run('refresh-timestamp')
    expect(refreshed.records[0]).toMatchObject({ type: 'refreshed', signed: [{ role: 'timestamp' }] })
    expect(await place.ask()).toMatchObject({ version: '1.0' })
  })

  it('verify exits 5, and says what a device would refuse', async () => {
    await using place = await workplace()
    await place.publish('1.0')
    const timestamp = place.path('origin/tuf/timestamp.json')
    await writeFile(timestamp, (await readFile(timestamp, 'utf8')).replace('"version":1', '"version":2'))
    const { exit, records, stderr } = await place.run('verify')
    expect([exit, records.at(-1)?.['code']]).toEqual([5, 'ORIGIN_FOREIGN'])
    expect(stderr).toMatch(/no key of this repository signed/)
  })

  it.each([
    ['rotate', ['--role', 'nobody'], 6, 'ROLE_MISSING'],
    ['rotate', ['--role', 'root', '--key', 'ffff'], 6, 'KEY_UNKNOWN'],
    ['rotate', ['--role', 'root', '--new-key', 'root.pem'], 1, 'KEY_INVALID'],
    ['rotate', ['--role', 'root', '--new-key', 'exec:/bin/sign'], 1, 'KEY_INVALID'],
    ['rotate', ['--role', 'root', '--passphrase-file', '/nonexistent'], 2, 'USAGE'],
    ['revoke', ['--role', 'root', '--key', ''], 2, 'THRESHOLD_INVALID'],
    ['channel', ['--channel', 'stable', '--threshold', '0'], 2, 'USAGE'],
    ['channel', ['--channel', '../x'], 2, 'NAME_INVALID'],
    ['channel', ['--channel', 'beta', '--public-key', 'xyz'], 1, 'KEY_INVALID'],
    ['sign', ['--role', 'root'], 6, 'PENDING_MISSING'],
    ['verify', ['--origin', '/nonexistent/origin'], 6, 'ORIGIN_MISSING'],
  ])('%s %o exits %i', async (command, more, exit, code) => {
    await using place = await workplace()
    await mkdir(place.path('origin'))
    const result = await place.run(command, ...more)
    expect([result.exit, result.records.at(-1)?.['code']]).toEqual([exit, code])
    expect(result.stderr).toMatch(/^error {2}[A-Z_]+ {2}.+\n {7}fix: .+\n$/)
  })

  it('init refuses a channel without a product, and a threshold that cannot be met', async () => {
    await using folder = await temporaryFolder()
    const init = (...more: string[]) => runSeeder(['init', '--repo', folder.path('repo'), '--json', ...more])
    expect((await init('--channel', 'stable')).records[0]).toMatchObject({ code: 'PRODUCT_MISMATCH', exit: 2 })
    const impossible = await init('--root-keys', '1', '--root-threshold', '2')
    expect(impossible.records[0]).toMatchObject({ code: 'THRESHOLD_INVALID', exit: 2 })
  })

  it('stage a channel, say where the new key is, and list it', async () => {
    await using place = await workplace(['--channel', 'stable'])
    const repo = ['--repo', place.path('repo')]
    const staged = await runSeeder(['stage', 'game@stable', ...repo])
    expect(staged.stdout).toContain('keys/policy.pem: take it to the tracker')
    expect(staged.stdout).toMatch(/^staged {4}game@stable, by [0-9a-f]{12}$/m)
    expect((await runSeeder(['verify', ...repo, '--json'])).records[0]).toMatchObject({ staged: ['game@stable'] })
    const [off] = (await runSeeder(['stage', 'game@stable', ...repo, '--off', '--json'])).records
    expect(off).toMatchObject({ type: 'stage', channel: 'game@stable', staged: false, keyIds: [] })
  })
})
