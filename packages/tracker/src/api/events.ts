/**
 * Server-sent events: the aggregates of the fleet, whole each time and at most once a second, while they change. Whoever comes back
 * needs nothing but the newest, so none are kept; ids rise, over restarts too.
 */
import type { ServerResponse } from 'node:http'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import type { FleetNow } from './fleet-now.ts'

export interface EventHub extends Disposable {
  /** Before an answer begins. @throws TrackerError BUSY */
  requireRoom(): void
  /** Writes to a response until it closes, or its reader is no longer allowed. */
  join(response: ServerResponse, reader: Reader): void
}

interface Reader {
  /** What it saw last, if it says so. */
  lastId?: number | undefined
  isAllowed: () => Promise<boolean>
}

interface HubDeps {
  read: () => Promise<FleetNow>
  /** Epoch ms. */
  now: () => number
  report: (error: unknown) => void
}

interface Stream extends Reader {
  response: ServerResponse
  writtenMs: number
  checkedMs: number
}

export function createEventHub({ read, now, report }: HubDeps): EventHub {
  const streams = new Set<Stream>()
  let id = now()
  let seen = ''
  let event = ''
  let timer: NodeJS.Timeout | undefined

  function write(stream: Stream, text: string): void {
    // Who does not read would have it all pile up here; they come back by themselves.
    if (stream.response.writableLength > LIMITS.eventPendingBytesMax) stream.response.destroy()
    else stream.response.write(text)
    stream.writtenMs = now()
  }

  async function look(): Promise<void> {
    const fleet = await read()
    const facts = JSON.stringify({ ...fleet, atMs: 0 })
    if (facts === seen) return
    seen = facts
    id += 1
    event = `id: ${id}\nevent: fleet\ndata: ${JSON.stringify(fleet)}\n\n`
    for (const stream of streams) write(stream, event)
  }

  async function check(stream: Stream): Promise<void> {
    stream.checkedMs = now()
    if (!(await stream.isAllowed())) stream.response.end()
  }

  async function tick(): Promise<void> {
    try {
      await look()
      const atMs = now()
      for (const stream of streams) {
        if (atMs - stream.writtenMs >= LIMITS.eventHeartbeatMs) write(stream, ': still here\n\n')
      }
      const due = [...streams].filter(({ checkedMs }) => atMs - checkedMs >= LIMITS.eventTokenCheckMs)
      await Promise.all(due.map(check))
    } catch (error) {
      // The store may be back at the next tick; readers keep what they have.
      report(error)
    }
    timer = streams.size === 0 ? undefined : setTimeout(() => void tick(), LIMITS.eventIntervalMs)
  }

  return {
    requireRoom() {
      if (streams.size < LIMITS.eventStreamsMax) return
      throw new TrackerError('BUSY', 'too many streams of events are open', { fix: 'close dashboards, or try later' })
    },
    join(response, reader) {
      const stream = { ...reader, response, writtenMs: now(), checkedMs: now() }
      streams.add(stream)
      response.on('close', () => streams.delete(stream))
      write(stream, 'retry: 2000\n\n')
      if (event !== '' && reader.lastId !== id) write(stream, event)
      if (timer === undefined) timer = setTimeout(() => void tick(), 0)
    },
    [Symbol.dispose]() {
      clearTimeout(timer)
      for (const { response } of streams) response.end()
      streams.clear()
    },
  }
}
