/** One wave: peers bring themselves to a version, and the board shows it until the last of them has it. */
import { ConstellationError } from '../constellation/error.ts'
import type { Installed } from '../constellation/peer-records.ts'
import type { Peer } from '../constellation/peer.ts'
import { renderBoard, renderPlain } from './board.ts'
import { applyRecord, createRow, type Row } from './row.ts'
import type { Screen } from './screen.ts'

export interface Participant {
  name: string
  site: string
  /** While it still starts, the board shows that. */
  peer: Promise<Peer>
}

export interface Arrival {
  name: string
  site: string
  installed: Installed
}

const WAVE_TIMEOUT_MS = 100_000

export async function runWave(
  participants: readonly Participant[],
  version: string,
  screen: Screen,
  signal: AbortSignal,
): Promise<Arrival[]> {
  const rows = participants.map(({ name, site }) => createRow(name, site))
  const board = screen.live({
    render: (width) => renderBoard(rows, screen.paint, width),
    plain: () => renderPlain(rows),
  })
  const ended = Promise.withResolvers<never>()
  const onAbort = (): void => ended.reject(signal.reason as Error)
  signal.addEventListener('abort', onAbort)
  const timer = setTimeout(() => ended.reject(tooLate(rows, version)), WAVE_TIMEOUT_MS)
  try {
    const arrivals = participants.map(({ peer }, at) => watch(peer, rows[at], version))
    return await Promise.race([Promise.all(arrivals), ended.promise])
  } finally {
    board[Symbol.dispose]()
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}

async function watch(starting: Promise<Peer>, row: Row | undefined, version: string): Promise<Arrival> {
  const peer = await starting
  if (row === undefined) throw new Error('a row for each peer')
  for await (const record of peer.records()) {
    applyRecord(row, record, version)
    if (row.installed !== undefined) return { name: row.name, site: row.site, installed: row.installed }
  }
  // The process is gone; asking for the record says why.
  const installed = await peer.until('installed', { timeoutMs: 1, where: (each) => each.version === version })
  return { name: row.name, site: row.site, installed }
}

function tooLate(rows: readonly Row[], version: string): ConstellationError {
  const late = rows.filter((row) => row.installed === undefined)
  const who = late.map((row) => `${row.name} (${row.failure ?? row.state})`).join(', ')
  return new ConstellationError('NO_RECORD', `not at version ${version} after ${WAVE_TIMEOUT_MS / 1000} s: ${who}`)
}
