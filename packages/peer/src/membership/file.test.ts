import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { membershipFile, readMembership, writeMembership } from './file.ts'

const stored = {
  fleet: '0123456789abcdef'.repeat(2),
  credential: new Uint8Array(300).fill(1),
  secret: new Uint8Array(32).fill(2),
  trackers: ['/ip4/192.0.2.1/tcp/7071'],
  revocations: undefined,
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shoal-membership-'))
})
afterEach(() => rm(folder, { recursive: true }))

it('a membership is read as it was written, and by its owner alone', async () => {
  await writeMembership(folder, stored)
  expect(await readMembership(folder)).toEqual(stored)
  const newer = { ...stored, revocations: new Uint8Array(1_000).fill(3) }
  await writeMembership(folder, newer)
  expect(await readMembership(folder)).toEqual(newer)
  expect((await stat(membershipFile(folder))).mode & 0o777).toBe(0o600)
})

it('no file is no membership', async () => {
  expect(await readMembership(folder)).toBeUndefined()
})

it.each([
  ['is cut short', (text: string) => text.slice(0, -20)],
  ['has an unknown key', (text: string) => text.replace('{', '{"extra":1,')],
  ['has a short secret', (text: string) => text.replace(/"secret": "[^"]*"/, '"secret": "AAAA"')],
  ['has a credential that is too long', (text: string) => text.replace(/"credential": "/, `$&${'AAAA'.repeat(400)}`)],
])('a file that %s is refused', async (_name, damage) => {
  await writeMembership(folder, stored)
  const file = membershipFile(folder)
  await writeFile(file, damage(await readFile(file, 'utf8')))
  await chmod(file, 0o600)
  await expect(readMembership(folder)).rejects.toMatchObject({ code: 'NOT_ENROLLED' })
})
