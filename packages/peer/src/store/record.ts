import type { BlockId, ReleaseId } from '@shoal/release'
import { parseBlockId, sha256 } from '@shoal/release'
import { endianness } from 'node:os'
import { LIMITS } from '../limits.ts'
import { readWhole, writeAtomic } from './atomic-file.ts'
import type { Disk } from './disk.ts'
import type { Layout } from './layout.ts'
import { Stamps } from './stamps.ts'

/**
 * What was true when a release was installed: a stamp of every file and the blocks of its manifest.
 * On disk: magic, sha256 of the rest, time in ns (u64), files (u32), 0 (u32), stamps, then the release id and the block ids, a line each.
 * In the machine's byte order: the record describes inodes of this machine. A record that does not verify is absent: files without
 * stamps are verified by hash whenever they are read.
 */
export interface InstalledRecord {
  readonly recordedAtNs: bigint
  readonly stamps: Stamps
  readonly blockIds: readonly BlockId[]
}

const MAGIC = new TextEncoder().encode(endianness() === 'LE' ? 'SHOALI1\n' : 'SHOALI1\r')
const HEADER_BYTES = 40
const FIXED_BYTES = 16

export function encodeRecord(id: ReleaseId, record: InstalledRecord): Uint8Array {
  const ids = new TextEncoder().encode([id, ...record.blockIds].join('\n'))
  const stamps = record.stamps.values
  const bytes = new Uint8Array(HEADER_BYTES + FIXED_BYTES + stamps.byteLength + ids.length)
  new BigUint64Array(bytes.buffer, HEADER_BYTES, 1)[0] = record.recordedAtNs
  new Uint32Array(bytes.buffer, HEADER_BYTES + 8, 1)[0] = record.stamps.files
  new BigUint64Array(bytes.buffer, HEADER_BYTES + FIXED_BYTES, stamps.length).set(stamps)
  bytes.set(ids, HEADER_BYTES + FIXED_BYTES + stamps.byteLength)
  bytes.set(MAGIC)
  bytes.set(sha256(bytes.subarray(HEADER_BYTES)), MAGIC.length)
  return bytes
}

export function decodeRecord(id: ReleaseId, bytes: Uint8Array): InstalledRecord | undefined {
  const body = bytes.slice(HEADER_BYTES)
  if (body.length < FIXED_BYTES || Buffer.compare(bytes.subarray(0, 8), MAGIC) !== 0) return undefined
  if (Buffer.compare(bytes.subarray(8, HEADER_BYTES), sha256(body)) !== 0) return undefined
  const recordedAtNs = new BigUint64Array(body.buffer, 0, 1)[0] ?? 0n
  const files = new Uint32Array(body.buffer, 8, 1)[0] ?? 0
  const idsAt = FIXED_BYTES + files * 24
  if (idsAt > body.length) return undefined
  const [own, ...blockIds] = new TextDecoder().decode(body.subarray(idsAt)).split('\n')
  if (own !== id) return undefined
  const values = new BigUint64Array(body.slice(FIXED_BYTES, idsAt).buffer)
  return { recordedAtNs, stamps: new Stamps(files, values), blockIds: blockIds.map(parseBlockId) }
}

export async function writeRecord(disk: Disk, layout: Layout, id: ReleaseId, record: InstalledRecord): Promise<void> {
  await writeAtomic(disk, layout.scratch, layout.record(id), encodeRecord(id, record), { durable: true })
}

// A file changed within one tick of the clock after it was recorded would keep its stamp, so stamps that young are not believed.
const CLOCK_TICK_NS = 20_000_000n

export async function readRecord(disk: Disk, layout: Layout, id: ReleaseId): Promise<InstalledRecord | undefined> {
  const bytes = await readWhole(disk, layout.record(id), LIMITS.installedRecordBytesMax)
  const record = bytes === undefined ? undefined : decodeRecord(id, bytes)
  record?.stamps.forgetSince(record.recordedAtNs - CLOCK_TICK_NS)
  return record
}
