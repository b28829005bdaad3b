/**
 * What is kept between refreshes: all verified metadata in one file, the floors in another. Each is replaced whole and synced, so
 * that a kill or a power cut leaves the one from before or the new one.
 */
import { join } from 'node:path'
import type { MetadataFiles } from '@shoal/release'
import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import { nodeDisk, readWhole, writeAtomic, type Disk } from '../store/index.ts'
import { floorsSchema, NO_FLOORS, type Floors } from './floors.ts'

const metadataSchema = z.strictObject({
  v: z.literal(1),
  roots: z.array(z.string()).max(LIMITS.trust.rootsMax),
  roles: z.record(z.string().max(256), z.string()),
})

export interface TrustState {
  readonly files: MetadataFiles
  readonly floors: Floors
  /** Metadata first: floors are never ahead of what they were learnt from. */
  save(files: MetadataFiles, floors: Floors): Promise<void>
}

/** @param onDamaged hears of a file that is there but cannot be read; it counts as absent */
export async function openTrustState(
  folder: string,
  onDamaged: (file: string) => void,
  { disk = nodeDisk }: { disk?: Disk } = {},
): Promise<TrustState> {
  const scratch = join(folder, 'scratch')
  const [metadataFile, floorsFile] = [join(folder, 'metadata.json'), join(folder, 'floors.json')]
  await disk.mkdir(folder, { recursive: true, mode: 0o700 })
  await disk.remove(scratch)
  await disk.mkdir(scratch, { recursive: true, mode: 0o700 })
  let files = await readFiles(disk, metadataFile, onDamaged)
  let floors = (await readDocument(disk, floorsFile, floorsSchema, onDamaged)) ?? NO_FLOORS
  return {
    get files() {
      return files
    },
    get floors() {
      return floors
    },
    async save(nextFiles, nextFloors) {
      if (!isSame(files, nextFiles))
        await writeAtomic(disk, scratch, metadataFile, encodeFiles(nextFiles), { durable: true })
      files = nextFiles
      if (JSON.stringify(floors) !== JSON.stringify(nextFloors)) {
        await writeAtomic(disk, scratch, floorsFile, Buffer.from(JSON.stringify(nextFloors)), { durable: true })
      }
      floors = nextFloors
    },
  }
}

function encodeFiles({ roots, roles }: MetadataFiles): Uint8Array {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')
  const named = [...roles].map(([role, bytes]) => [role, text(bytes)] as const)
  return Buffer.from(JSON.stringify({ v: 1, roots: roots.map(text), roles: Object.fromEntries(named) }))
}

async function readFiles(disk: Disk, file: string, onDamaged: (file: string) => void): Promise<MetadataFiles> {
  const kept = await readDocument(disk, file, metadataSchema, onDamaged)
  if (kept === undefined) return { roots: [], roles: new Map() }
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
  return {
    roots: kept.roots.map(bytes),
    roles: new Map(Object.entries(kept.roles).map(([role, text]) => [role, bytes(text)])),
  }
}

/** Undefined when it is absent, or damaged. */
async function readDocument<T>(
  disk: Disk,
  file: string,
  schema: z.ZodType<T>,
  onDamaged: (file: string) => void,
): Promise<T | undefined> {
  const bytes = await readWhole(disk, file, LIMITS.trust.stateBytesMax)
  if (bytes === undefined) return undefined
  try {
    return schema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  } catch {
    onDamaged(file)
    return undefined
  }
}

function isSame(a: MetadataFiles, b: MetadataFiles): boolean {
  const same = (one: Uint8Array | undefined, other: Uint8Array): boolean =>
    one !== undefined && Buffer.compare(one, other) === 0
  return (
    a.roots.length === b.roots.length &&
    a.roles.size === b.roles.size &&
    b.roots.every((root, at) => same(a.roots[at], root)) &&
    [...b.roles].every(([role, bytes]) => same(a.roles.get(role), bytes))
  )
}
