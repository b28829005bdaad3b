/** Where an install root keeps its record: replaced whole and synced, so that a kill or a power cut leaves the one before or the new one. */
import { join } from 'node:path'
import { LIMITS } from '../limits.ts'
import { readWhole, writeAtomic, type Disk } from '../store/index.ts'
import { NO_RECORD, recordSchema, type RolloutRecord } from './record.ts'

export interface RecordFile {
  readonly record: RolloutRecord
  save(next: RolloutRecord): Promise<void>
}

/**
 * @param out install root, whose store is open
 * @param onDamaged hears of a file that cannot be read; it counts as absent
 */
export async function openRecord(out: string, disk: Disk, onDamaged: (file: string) => void): Promise<RecordFile> {
  const file = join(out, '.shoal', 'rollout.json')
  const scratch = join(out, '.shoal', 'scratch')
  let record = await read(disk, file, onDamaged)
  return {
    get record() {
      return record
    },
    async save(next) {
      await writeAtomic(disk, scratch, file, Buffer.from(JSON.stringify(next)), { durable: true })
      record = next
    },
  }
}

async function read(disk: Disk, file: string, onDamaged: (file: string) => void): Promise<RolloutRecord> {
  const bytes = await readWhole(disk, file, LIMITS.rollout.recordBytesMax)
  if (bytes === undefined) return NO_RECORD
  try {
    return recordSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  } catch {
    onDamaged(file)
    return NO_RECORD
  }
}
