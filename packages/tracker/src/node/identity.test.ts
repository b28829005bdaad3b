import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadIdentity } from './identity.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shoal-identity-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('an identity file', () => {
  it('is made once, for its owner only, and is the same key ever after', async () => {
    const file = join(folder, 'sub', 'peer.key')
    const first = await loadIdentity(file)
    const second = await loadIdentity(file)
    expect(peerIdFromPrivateKey(second).toString()).toBe(peerIdFromPrivateKey(first).toString())
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await readdir(join(folder, 'sub'))).toEqual(['peer.key'])
  })

  it('is one key also when several processes make it at once', async () => {
    const file = join(folder, 'peer.key')
    const keys = await Promise.all(Array.from({ length: 8 }, () => loadIdentity(file)))
    expect(new Set(keys.map((key) => peerIdFromPrivateKey(key).toString())).size).toBe(1)
  })

  it('is refused and left alone when it holds something else', async () => {
    const file = join(folder, 'peer.key')
    await writeFile(file, 'not a key', { mode: 0o600 })
    await expect(loadIdentity(file)).rejects.toMatchObject({ code: 'IDENTITY_INVALID' })
    expect((await stat(file)).size).toBe(9)
  })

  it('is refused when empty, as after a power loss', async () => {
    const file = join(folder, 'peer.key')
    await writeFile(file, '', { mode: 0o600 })
    await expect(loadIdentity(file)).rejects.toMatchObject({ code: 'IDENTITY_INVALID' })
  })

  it('is refused when others can read it', async () => {
    const file = join(folder, 'peer.key')
    await loadIdentity(file)
    await chmod(file, 0o644)
    await expect(loadIdentity(file)).rejects.toMatchObject({ code: 'IDENTITY_INVALID', fix: `chmod 600 ${file}` })
  })
})
