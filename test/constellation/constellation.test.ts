import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compareTrees } from './compare-trees.ts'
import { startConstellation, type Constellation } from './constellation.ts'

async function build({ ground }: Constellation, version: string): Promise<string> {
  const folder = join(ground.dir, 'builds', version)
  await mkdir(join(folder, 'bin'), { recursive: true })
  await writeFile(join(folder, 'bin', 'tool'), `tool ${version}\n`.repeat(50_000), { mode: 0o755 })
  await writeFile(join(folder, 'stays.txt'), 'the same in every version\n'.repeat(10_000))
  return folder
}

describe('a constellation', () => {
  it('takes real peers from one version to the next, restarts one, and leaves nothing behind', async () => {
    let dir: string
    let pids: number[]
    {
      await using constellation = await startConstellation()
      dir = constellation.ground.dir
      const first = await build(constellation, '1.0')
      await constellation.publish('1.0', first)
      const names = ['north-1', 'north-2']
      const peers = await Promise.all(names.map((name) => constellation.startPeer({ name, site: 'north' })))
      await Promise.all(peers.map((peer) => peer.until('installed', { timeoutMs: 60_000 })))
      for (const peer of peers) expect(compareTrees(first, peer.tree).differences).toEqual([])

      const [, second] = peers
      const before = second?.peerId
      await second?.kill('SIGKILL')
      await second?.restart()
      expect(second?.peerId).toBe(before)

      const next = await build(constellation, '2.0')
      await constellation.publish('2.0', next)
      const where = ({ version }: { version: string }): boolean => version === '2.0'
      const updates = await Promise.all(peers.map((peer) => peer.until('installed', { timeoutMs: 60_000, where })))
      for (const { bytes } of updates) expect(bytes.reused).toBeGreaterThan(0)
      for (const peer of peers) expect(compareTrees(next, peer.tree).differences).toEqual([])
      expect(await second?.status()).toMatchObject({ site: 'north', paused: false })
      pids = [...peers.map(({ program }) => program.pid), constellation.origin.server.pid]
    }
    expect(existsSync(dir)).toBe(false)
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  }, 180_000)

  it('stops and removes everything when a start fails half-way', async () => {
    let dir = ''
    const failing = async (): Promise<void> => {
      await using constellation = await startConstellation({ tracker: false })
      dir = constellation.ground.dir
      await constellation.startPeer({ name: 'lost', trackers: ['/not/a/multiaddr'] })
    }
    await expect(failing()).rejects.toThrow(/lost ended with exit code 2/)
    expect(existsSync(dir)).toBe(false)
  })
})
