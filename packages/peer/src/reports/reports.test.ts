import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { peerNameOf, verifyReport, type Report, type ReportCheck } from '@shoal/release'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadIdentity } from '../network/index.ts'
import { startReports, type Reports, type Told } from './reports.ts'

const CHECKS: ReportCheck[] = [{ check: 'disk', verdict: 'fail', text: '3 MB free at /srv; fix: make room there' }]
const BYTES = { total: 9, reused: 9, patched: 0, origin: 0, lanPeers: 0, wanPeers: 0, cache: 0, wasted: 0 }
const GAME = { product: 'game', channel: 'stable', platform: 'any', version: '1.0' }

let folder: string
let reports: Reports
let delivered: Report[]
let arrived: () => void
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shoal-reports-'))
  const identity = await loadIdentity(join(folder, 'identity.key'))
  delivered = []
  arrived = () => undefined
  reports = await startReports({
    ...{ stateDir: folder, identity, onEvent: () => undefined },
    words: () => ({
      ...{ fleet: '00112233445566778899aabbccddeeff', device: peerNameOf(identity.publicKey.raw) },
      ...{ site: 'waw', group: '', labels: {}, agent: 'shoal-peer/0.1.0' },
    }),
    ways: [
      (batch) => {
        delivered.push(...batch.map(({ bytes }) => verifyReport(bytes)))
        arrived()
        return Promise.resolve({ durable: batch.map(({ counter }) => counter), refused: new Map() })
      },
    ],
  })
})
afterEach(async () => {
  await reports[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

async function tell(...told: Pick<Told, 'state' | 'bytes' | 'flows'>[]): Promise<void> {
  const before = delivered.length
  const all = new Promise<void>((resolve) => {
    arrived = () => {
      if (delivered.length === before + told.length) resolve()
    }
  })
  for (const each of told) await reports.tell({ ...GAME, ...each })
  await all
}

test('what the doctor found goes along with the next report, once, and never with a download', async () => {
  await tell({ state: 'present' })
  reports.found(CHECKS)
  await tell({ state: 'downloaded', bytes: BYTES, flows: [] }, { state: 'activated' }, { state: 'healthy' })
  expect(delivered.map(({ state, checks }) => [state, checks])).toEqual([
    ['present', undefined],
    ['downloaded', undefined],
    ['activated', CHECKS],
    ['healthy', undefined],
  ])
})
