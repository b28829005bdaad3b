/** What the demo knows of one peer in one wave, from the records that the peer prints. */
import type { Installed, PeerRecords, SourceBytes } from '../constellation/peer-records.ts'
import type { RecordOf } from '../constellation/record-log.ts'

export interface Row {
  readonly name: string
  readonly site: string
  state: 'starting' | 'looking' | 'reading' | 'fetching' | 'finishing' | 'retrying' | 'installed'
  doneBytes: number
  totalBytes: number
  /** Bytes a second. */
  rate: number
  bytes: SourceBytes | undefined
  installed: Installed | undefined
  /** Why its last attempt came to nothing. */
  failure: string | undefined
}

export function createRow(name: string, site: string): Row {
  return {
    name,
    site,
    state: 'starting',
    doneBytes: 0,
    totalBytes: 0,
    rate: 0,
    bytes: undefined,
    installed: undefined,
    failure: undefined,
  }
}

/** Takes in one record; a daemon also prints about the version before, which `version` tells apart. */
export function applyRecord(row: Row, record: RecordOf<PeerRecords>, version: string): void {
  switch (record.type) {
    case 'phase':
      return applyPhase(row, record, version)
    case 'progress':
      if (row.state !== 'fetching') return
      row.doneBytes = record.doneBytes
      row.totalBytes = record.totalBytes
      row.rate = record.rate
      row.bytes = record.bytes
      return
    case 'installed':
      if (record.version !== version) return
      row.state = 'installed'
      row.installed = record
      row.bytes = record.bytes
      row.totalBytes = record.bytes.total
      row.doneBytes = row.totalBytes
      row.rate = 0
      return
    case 'failure':
      // Before a version is published, checks for it fail; that is no news.
      if (row.state === 'installed' || row.state === 'looking') return
      row.state = 'retrying'
      row.failure = `${record.code}: ${record.message}`
      row.rate = 0
      return
    case 'listening':
      row.state = 'looking'
      return
    // What comes after the download, and what stands apart from it.
    case 'step':
    case 'waiting':
    case 'summary':
    case 'error':
  }
}

function applyPhase(row: Row, record: PeerRecords['phase'], version: string): void {
  switch (record.phase) {
    case 'resolved':
      if (row.state !== 'installed' && record.version === version) row.state = 'reading'
      return
    case 'staged':
      if (row.state === 'reading') row.state = 'fetching'
      return
    case 'downloaded':
      if (row.state === 'fetching') row.state = 'finishing'
      return
    case 'manifest':
    case 'activated':
  }
}
