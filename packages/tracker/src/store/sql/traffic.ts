import type { TrafficStore } from '../store.ts'
import { number, type Database } from './database.ts'
import { readBytes } from './devices.ts'
import { equal, valuesIn, whereOf } from './page.ts'
import { BYTES } from './reports.ts'

export function trafficStore(database: Database): TrafficStore {
  return {
    async bytesByHour({ site, product, channel, sinceMs, untilMs }) {
      const where = [
        { sql: 'hour_ms >= ? AND hour_ms < ?', values: [sinceMs, untilMs] },
        ...[...equal('site', site), ...equal('product', product), ...equal('channel', channel)],
      ]
      // As fractions: the sum of what devices say may exceed what a whole number holds.
      const sums = BYTES.map((column) => `sum(1.0 * ${column}) AS ${column}`).join(', ')
      const rows = await database.all(
        `SELECT hour_ms, ${sums} FROM traffic_hours ${whereOf(where)} GROUP BY hour_ms ORDER BY hour_ms`,
        valuesIn(where),
      )
      return rows.map((row) => ({ hourMs: number(row, 'hour_ms'), ...readBytes(row) }))
    },
  }
}
