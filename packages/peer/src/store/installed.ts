import type { Manifest } from '@shoal/release'
import { constants } from 'node:fs'
import { LIMITS } from '../limits.ts'
import { createCoverage } from './coverage.ts'
import type { Disk } from './disk.ts'
import { absentOk } from './disk-error.ts'
import { FdPool } from './fd-pool.ts'
import { ReleaseHolding, type Holding } from './holding.ts'
import type { Layout } from './layout.ts'
import { placesOf } from './places.ts'
import { readRecord } from './record.ts'
import { Stamps } from './stamps.ts'

/** An installed release for serving. Files that changed since, or of which nothing was recorded, are served by their hash only. */
export async function openInstalled(disk: Disk, layout: Layout, manifest: Manifest): Promise<Holding | undefined> {
  const root = layout.release(manifest.id)
  const stat = await absentOk(disk.lstat(root))
  if (stat?.isDirectory() !== true) return undefined
  const record = await readRecord(disk, layout, manifest.id)
  const places = placesOf(manifest)
  const stamps = record?.stamps.files === places.files.length ? record.stamps : new Stamps(places.files.length)
  const coverage = createCoverage(manifest)
  for (let chunk = 0; chunk < manifest.chunks.count; chunk++) coverage.add(chunk)
  const pool = new FdPool(disk, LIMITS.openFilesMax, (file) =>
    disk.open(`${root}/${places.files[file]?.path ?? ''}`, constants.O_RDONLY | constants.O_NOFOLLOW),
  )
  return new ReleaseHolding(manifest, {
    disk,
    chunks: manifest.chunks,
    places,
    coverage,
    pool,
    trusts: async (file, fd) => stamps.matches(file, await disk.stat(fd)),
  })
}
