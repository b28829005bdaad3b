import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { nodeDisk } from '../store/index.ts'
import { stoppingDisk } from '../store/fixture/crash-disk.ts'
import { NO_FLOORS, type Floors } from './floors.ts'
import { openTrustState } from './state.ts'

const text = (word: string): Uint8Array => new TextEncoder().encode(word)
const filesOf = (version: number) => ({
  roots: [text('root')],
  roles: new Map([['timestamp', text(`timestamp ${version}`)]]),
})
const floorsOf = (version: number): Floors => ({
  ...NO_FLOORS,
  roles: { timestamp: { value: version, keys: 'k' } },
})

async function temporary(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'shoal-trust-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

test('what was saved is there after a restart', async () => {
  await using folder = await temporary()
  const state = await openTrustState(folder.path, fail)
  expect(state.files.roots).toEqual([])
  await state.save(filesOf(3), floorsOf(3))
  const again = await openTrustState(folder.path, fail)
  expect(again.files).toEqual(filesOf(3))
  expect(again.floors).toEqual(floorsOf(3))
})

test('a file that cannot be read counts as absent, and is reported', async () => {
  await using folder = await temporary()
  await (await openTrustState(folder.path, fail)).save(filesOf(3), floorsOf(3))
  for (const damage of ['{', '[]', '{"v":2}', '']) {
    await writeFile(join(folder.path, 'metadata.json'), damage)
    const damaged: string[] = []
    const state = await openTrustState(folder.path, (file) => damaged.push(file))
    expect(state.files.roots).toEqual([])
    expect(state.floors).toEqual(floorsOf(3))
    expect(damaged).toEqual([join(folder.path, 'metadata.json')])
  }
})

test('whatever operation a save dies at, both files are from before or after, and floors are never ahead', async () => {
  await using folder = await temporary()
  let version = 1
  await (await openTrustState(folder.path, fail)).save(filesOf(version), floorsOf(version))
  let wasStopped = true
  for (let at = 1; wasStopped; at++) {
    const before = version
    version += 1
    const opened = await openTrustState(folder.path, fail)
    const disk = stoppingDisk(nodeDisk, at)
    const state = await openTrustState(folder.path, fail, { disk }).catch(() => undefined)
    await state?.save(filesOf(version), floorsOf(version)).catch(() => undefined)
    wasStopped = disk.stopped()
    expect([filesOf(before), filesOf(version)]).toContainEqual((await openTrustState(folder.path, fail)).files)
    const after = await openTrustState(folder.path, fail)
    const kept = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString()
    const metadata = Number(kept(after.files.roles.get('timestamp')).split(' ')[1])
    expect(after.floors.roles['timestamp']?.value).toBeLessThanOrEqual(metadata)
    await opened.save(filesOf(version), floorsOf(version))
  }
  expect(await readdir(join(folder.path, 'scratch'))).toEqual([])
})

function fail(file: string): never {
  throw new Error(`${file} counts as damaged`)
}
