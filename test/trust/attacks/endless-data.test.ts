/** More comes than was asked for, or than anybody has room for. */
import { readFile } from 'node:fs/promises'
import { zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEndlessOrigin } from './endless-origin.ts'
import { startLyingPeer } from './lying-peer.ts'
import { currentVersion, openScene, type Scene } from './scene.ts'
import { publish, putPack } from './shelf.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene[Symbol.asyncDispose]())

/** What the sockets on both sides hold, a few times over for what is asked for again; the attacker has 256 MiB to give. */
const BUFFERS_BYTES = 32 << 20

describe.concurrent('endless data', () => {
  const FILES = ['timestamp.json', 'root.json', 'rel-.*.json', 'blocks/', 'index']
  it.each(FILES)('in the place of %s is cut off, and installs nothing', async (file) => {
    const shelf = new Map([...scene.honest, ['tuf/2.root.json', new Uint8Array()]])
    await using origin = await startEndlessOrigin(shelf, new RegExp(file))
    const { code, version } = await scene.get(nameOf('origin', file), { origin: origin.url, timeoutSeconds: 5 })
    expect(code).not.toBe(0)
    expect(version).toBeUndefined()
    expect(origin.takenBytes).toBeGreaterThan(0)
    expect(origin.takenBytes).toBeLessThan(BUFFERS_BYTES)
  })

  it('behind the chunks of a pack is cut off, and the chunks are taken', async () => {
    await using origin = await startEndlessOrigin(scene.honest, /packs/)
    expect((await scene.get('packs', { origin: origin.url })).version).toBe('2.0')
    expect(origin.takenBytes).toBeLessThan(BUFFERS_BYTES)
  })

  it.each(['timestamp.json', 'rel-.*.json'])(
    'from a neighbour in the place of %s is cut off, and the neighbour is banned',
    async (file) => {
      await using peer = await startLyingPeer(scene.honest, { endless: new RegExp(file) })
      const { summary, version } = await scene.getBeside(peer, scene.honest, nameOf('neighbour', file))
      expect(version).toBe('2.0')
      expect(summary?.bans).toEqual([{ peer: peer.id, cause: expect.stringContaining('too long') as string }])
      expect(peer.endlessBytes).toBeLessThan(BUFFERS_BYTES)
    },
  )
})

describe.concurrent('decompression bomb', () => {
  const BOMB_BYTES = 512 << 20

  it('in the place of a chunk is refused before it unfolds', async () => {
    const shelf = new Map(scene.honest)
    const room = Buffer.alloc(64 << 10, 'as long as the bomb, so that the index may name it ')
    const id = publish(shelf, '3.0', { 'version.txt': '3.0', room })
    const bomb = zstdCompressSync(Buffer.alloc(BOMB_BYTES))
    expect(bomb.length).toBeLessThan(room.length)
    putPack(shelf, id, [bomb, zstdCompressSync('3.0')])
    await scene.updated('bombed')
    const peer = await scene.start('bombed', { mode: 'run', origin: await scene.serve(shelf) })
    const failure = await peer.until('failure', { timeoutMs: 50_000 })
    const peakBytes = await peakMemory(peer.program.pid)
    await peer.kill('SIGTERM')
    expect(failure).toMatchObject({ code: 'ORIGIN_CORRUPT' })
    expect(await currentVersion(peer)).toBe('2.0')
    expect(peakBytes).toBeLessThan(BOMB_BYTES)
  })
})

/** Of a running process, where the system tells it: resident, in bytes. */
async function peakMemory(pid: number): Promise<number> {
  if (process.platform !== 'linux') return 0
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kibibytes) * 1_024
}

function nameOf(from: string, file: string): string {
  return `${from}-${file.replaceAll(/\W/g, '')}`
}
