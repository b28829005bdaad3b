import { stripVTControlCharacters, styleText } from 'node:util'
import { describe, expect, it } from 'vitest'
import { visibleWidth } from '@shoal/cli'
import type { PeerRecords, SourceBytes } from '../constellation/peer-records.ts'
import type { RecordOf } from '../constellation/record-log.ts'
import { renderBoard, renderPlain } from './board.ts'
import { applyRecord, createRow, type Row } from './row.ts'

const NOTHING: SourceBytes = {
  total: 1000,
  reused: 0,
  resumed: 0,
  patched: 0,
  origin: 0,
  lanPeers: 0,
  wanPeers: 0,
  cache: 0,
  wasted: 0,
}

function fetching(sources: Partial<SourceBytes>): Row {
  const row = createRow('waw-1', 'warsaw')
  const bytes = { ...NOTHING, ...sources }
  const doneBytes = bytes.lanPeers + bytes.wanPeers + bytes.origin + bytes.reused
  applyRecord(row, { v: 1, type: 'phase', phase: 'resolved', version: '1.0' }, '1.0')
  applyRecord(row, { v: 1, type: 'phase', phase: 'staged' }, '1.0')
  const progress = { doneBytes, totalBytes: 1000, rate: 5e6, bytes, waiting: {}, neighbours: 4 }
  applyRecord(row, { v: 1, type: 'progress', ...progress }, '1.0')
  return row
}

function installed(version: string): RecordOf<PeerRecords> {
  const about = { product: 'p', channel: 'c', platform: 'any', release: 'r', version, changed: true, sizeBytes: 1000 }
  const work = {
    elapsedMs: 14_200,
    originRequests: 0,
    originWireBytes: 0,
    originErrors: {},
    peersUsed: 1,
    sentBytes: 0,
  }
  const bytes = { ...NOTHING, lanPeers: 1000 }
  return {
    v: 1,
    type: 'installed',
    ...about,
    ...work,
    bytes,
    reasons: {},
    originBytes: {},
    wasted: {},
    neighbours: [],
    bans: [],
  }
}

const plain = (_style: string, text: string): string => text

describe('the board', () => {
  it.each([80, 120])('fits %i columns, coloured or not', (width) => {
    const rows = [fetching({ lanPeers: 500, origin: 500 }), createRow('lis-2', 'lisbon')]
    for (const line of renderBoard(rows, plain, width)) expect(visibleWidth(line)).toBeLessThan(width)
    const coloured = renderBoard(rows, (style, text) => styleText(style, text, { validateStream: false }), width)
    expect(coloured.map((line) => stripVTControlCharacters(line))).toEqual(renderBoard(rows, plain, width))
  })

  it('draws each source to its share, and leaves the rest open', () => {
    const [, line = ''] = renderBoard([fetching({ lanPeers: 500, origin: 250 })], plain, 80)
    const bar = /[█▓▒░·]{8,}/.exec(line)?.[0] ?? ''
    expect(bar).toMatch(/^█+▒+·+$/)
    expect(bar.lastIndexOf('█') + 1).toBe(bar.length / 2)
    expect(line).toContain(' 75%')
  })

  it('never rounds what came from a source away', () => {
    const [, line] = renderBoard([fetching({ reused: 997, origin: 3 })], plain, 80)
    expect(line).toMatch(/<1%\s+100%$/)
  })

  it('says why a peer retries', () => {
    const row = fetching({ lanPeers: 10 })
    applyRecord(row, { v: 1, type: 'failure', code: 'ORIGIN_UNREACHABLE', message: 'no answer', fix: '' }, '1.0')
    expect(renderBoard([row], plain, 80).at(-1)).toBe('waw-1 ORIGIN_UNREACHABLE: no answer')
  })

  it('counts what the origin sent in copies', () => {
    const rows = [fetching({ origin: 500 }), fetching({ origin: 700, lanPeers: 300 })]
    expect(renderPlain(rows)).toContain('origin: 1.20 copies for 2 peers')
  })
})

describe('a row', () => {
  it('ignores what is about the version before', () => {
    const row = createRow('waw-1', 'warsaw')
    applyRecord(row, { v: 1, type: 'phase', phase: 'resolved', version: '1.0' }, '2.0')
    applyRecord(row, { v: 1, type: 'phase', phase: 'staged' }, '2.0')
    applyRecord(row, installed('1.0'), '2.0')
    expect(row).toMatchObject({ state: 'starting', installed: undefined })
  })

  it('stays installed, whatever the daemon checks afterwards', () => {
    const row = fetching({ lanPeers: 10 })
    applyRecord(row, installed('1.0'), '1.0')
    applyRecord(row, { v: 1, type: 'phase', phase: 'resolved', version: '1.0' }, '1.0')
    applyRecord(row, { v: 1, type: 'failure', code: 'TIMEOUT', message: 'later', fix: '' }, '1.0')
    expect(row).toMatchObject({ state: 'installed', doneBytes: 1000 })
  })
})
