import { join } from 'node:path'
import { parseReleaseId, type ReleaseId } from '@shoal/release'
import { appendLine, readLines } from '../json-lines.ts'
import { LEDGER_BYTES_MAX } from '../limits.ts'
import { LEDGER_FILE } from './layout.ts'

/** One line for each release that was published, oldest first. */
export interface LedgerEntry {
  product: string
  channel: string
  platform: string
  version: string
  release: ReleaseId
  counter: number
  origin: string
  publishedAt: string
}

export async function readLedger(repository: string): Promise<LedgerEntry[]> {
  return readLines(join(repository, LEDGER_FILE), LEDGER_BYTES_MAX, parseEntry)
}

export async function appendToLedger(repository: string, entry: LedgerEntry): Promise<void> {
  await appendLine(join(repository, LEDGER_FILE), entry)
}

function parseEntry(value: unknown): LedgerEntry | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const entry = value as Record<keyof LedgerEntry, unknown>
  const texts = [entry.product, entry.channel, entry.platform, entry.version, entry.origin, entry.publishedAt]
  if (texts.some((text) => typeof text !== 'string') || !Number.isSafeInteger(entry.counter)) return undefined
  return { ...(value as LedgerEntry), release: parseReleaseId(String(entry.release)) }
}
