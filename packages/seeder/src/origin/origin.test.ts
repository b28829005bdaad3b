import { createHash } from 'node:crypto'
import { readdir, stat, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../fixture/folder.ts'
import { openDirectoryOrigin } from './directory.ts'
import { INCOMING } from './incoming.ts'
import { openOrigin } from './open.ts'
import type { Origin } from './origin.ts'

// Every kind of origin keeps this contract; a new one is a new line here.
const KINDS: [string, () => Promise<{ origin: Origin; spool: (name: string) => string } & AsyncDisposable>][] = [
  ['directory', directoryOrigin],
]

async function directoryOrigin() {
  const folder = await temporaryFolder()
  const origin = await openDirectoryOrigin(folder.path('origin'))
  return { origin, spool: folder.path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

const bytes = Buffer.from('immutable content')

describe.each(KINDS)('an origin that is a %s', (_, open) => {
  it('has nothing at first', async () => {
    await using place = await open()
    expect(await place.origin.stat('packs/a')).toBeUndefined()
    expect(await place.origin.get('packs/a', 100)).toBeUndefined()
    expect(await place.origin.getRange('packs/a', 0, 1)).toBeUndefined()
  })

  it('gives back what was put', async () => {
    await using place = await open()
    expect(await place.origin.put('packs/a', bytes)).toBe('stored')
    expect(await place.origin.stat('packs/a')).toEqual({ sizeBytes: bytes.length })
    expect((await place.origin.get('packs/a', 100))?.bytes).toEqual(bytes)
  })

  it('puts a file, and it is the origin’s from then on', async () => {
    await using place = await open()
    const file = place.spool('spooled')
    await writeFile(file, bytes)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    expect(await place.origin.put('packs/a', { file, sizeBytes: bytes.length, sha256 })).toBe('stored')
    expect((await place.origin.get('packs/a', 100))?.bytes).toEqual(bytes)
    await expect(stat(file)).rejects.toThrow('ENOENT')
  })

  it('never replaces what was put', async () => {
    await using place = await open()
    await place.origin.put('tuf/1.snapshot.json', bytes)
    expect(await place.origin.put('tuf/1.snapshot.json', Buffer.from('other'))).toBe('exists')
    expect((await place.origin.get('tuf/1.snapshot.json', 100))?.bytes).toEqual(bytes)
  })

  it('lets one of many simultaneous puts win', async () => {
    await using place = await open()
    const puts = Array.from({ length: 8 }, (__, at) => place.origin.put('packs/a', Buffer.from(`writer ${at}`)))
    expect((await Promise.all(puts)).toSorted()).toEqual([...Array<string>(7).fill('exists'), 'stored'])
  })

  it('replaces on condition that nobody did so since', async () => {
    await using place = await open()
    const path = 'tuf/timestamp.json'
    expect(await place.origin.replace(path, Buffer.from('one'), undefined)).toBe('stored')
    expect(await place.origin.replace(path, Buffer.from('two'), undefined)).toBe('changed')
    const tag = (await place.origin.get(path, 100))?.tag
    expect(await place.origin.replace(path, Buffer.from('two'), tag)).toBe('stored')
    expect(await place.origin.replace(path, Buffer.from('three'), tag)).toBe('changed')
    expect((await place.origin.get(path, 100))?.bytes.toString()).toBe('two')
  })

  it('lets one of many simultaneous replaces win', async () => {
    await using place = await open()
    const replaces = Array.from({ length: 4 }, (__, at) =>
      place.origin.replace('latest', Buffer.from(`${at}`), undefined),
    )
    expect((await Promise.all(replaces)).filter((result) => result === 'stored')).toHaveLength(1)
  })

  it('reads ranges, and fewer bytes only at the end', async () => {
    await using place = await open()
    await place.origin.put('packs/a', bytes)
    expect((await place.origin.getRange('packs/a', 2, 4))?.toString()).toBe('muta')
    expect((await place.origin.getRange('packs/a', bytes.length - 2, 10))?.toString()).toBe('nt')
  })

  it('refuses an object larger than asked for', async () => {
    await using place = await open()
    await place.origin.put('packs/a', bytes)
    await expect(place.origin.get('packs/a', 4)).rejects.toMatchObject({ code: 'ORIGIN_CORRUPT' })
  })
})

describe('a directory origin', () => {
  it('leaves no temporary file behind, and removes those of dead processes', async () => {
    await using folder = await temporaryFolder()
    const root = folder.path('origin')
    const origin = await openDirectoryOrigin(root)
    await origin.put('packs/a', bytes)
    await origin.put('packs/a', bytes)
    const { hostname } = await import('node:os')
    const dead = `writing-4194305-${hostname()}-00000000-0000-0000-0000-000000000000`
    await writeFile(folder.path(`origin/${INCOMING}/${dead}`), 'half')
    await openDirectoryOrigin(root)
    expect(await readdir(folder.path(`origin/${INCOMING}`))).toEqual([])
  })

  it.each(['../a', 'packs/../../a', '/etc/passwd', 'packs/.hidden', ''])('refuses the path %o', async (path) => {
    await using folder = await temporaryFolder()
    const origin = await openDirectoryOrigin(folder.path('origin'))
    await expect(origin.put(path, bytes)).rejects.toMatchObject({ code: 'ORIGIN_INVALID' })
  })

  it('says so when a file is in its place', async () => {
    await using folder = await temporaryFolder()
    await writeFile(folder.path('origin'), '')
    await expect(openDirectoryOrigin(folder.path('origin'))).rejects.toMatchObject({ code: 'ORIGIN_INVALID' })
  })
})

describe('openOrigin', () => {
  it('makes a folder, unless it must exist', async () => {
    await using folder = await temporaryFolder()
    const missing = openOrigin(folder.path('origin'), { mustExist: true })
    await expect(missing).rejects.toMatchObject({ code: 'ORIGIN_MISSING' })
    expect(await readdir(folder.path(''))).toEqual([])
    await openOrigin(folder.path('origin'))
    expect((await openOrigin(folder.path('origin'), { mustExist: true })).uri).toMatch(/^file:/)
  })

  it.each(['s3://bucket/prefix', 'gs://bucket'])('refuses %s for now', async (uri) => {
    await expect(openOrigin(uri)).rejects.toMatchObject({ code: 'ORIGIN_UNSUPPORTED' })
  })
})
