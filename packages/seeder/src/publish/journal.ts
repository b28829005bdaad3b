import { createHash } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ReleaseId } from '@shoal/release'
import { appendLine, readLines } from '../json-lines.ts'
import { JOURNAL_BYTES_MAX } from '../limits.ts'
import { JOURNAL_FOLDER } from '../repository/layout.ts'

/** A pack that is at the origin: the chunks in it, and the length of each one's frame. */
export interface StoredPack {
  sha256: string
  length: number
  chunks: number[]
  lengths: number[]
}

/** What a publish has stored so far; a later run goes on from there. It is a hint: the origin is asked for each pack. */
export interface Journal {
  read(): Promise<StoredPack[]>
  append(pack: StoredPack): Promise<void>
  remove(): Promise<void>
}

export async function openJournal(repository: string, release: ReleaseId, originUri: string): Promise<Journal> {
  const folder = join(repository, JOURNAL_FOLDER)
  await mkdir(folder, { recursive: true })
  const where = createHash('sha256').update(originUri).digest('hex').slice(0, 8)
  const file = join(folder, `${release}.${where}.jsonl`)
  return {
    read: () => readLines(file, JOURNAL_BYTES_MAX, parsePack),
    append: (pack) => appendLine(file, pack),
    remove: () => rm(file, { force: true }),
  }
}

function parsePack(value: unknown): StoredPack | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { sha256, length, chunks, lengths } = value as Record<keyof StoredPack, unknown>
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return undefined
  if (!isCounts(chunks) || !isCounts(lengths) || chunks.length !== lengths.length) return undefined
  if (length !== lengths.reduce((sum, each) => sum + each, 0)) return undefined
  return { sha256, length, chunks, lengths }
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && (count as number) >= 0)
}
