/** What the tracker says by itself: one stream of aggregates, for all pages. */
import type { FleetNow } from '@shoal/tracker/api'
import { signal } from '@preact/signals'
import { findSession } from './api.ts'

export const fleet = signal<FleetNow | undefined>(undefined)
export const connection = signal<'live' | 'connecting'>('connecting')
/** Goes on once a second, so that ages are right. */
export const clockMs = signal(Date.now())

const RETRY_MS = 5_000

/** Until the function that it returns is called. */
export function listen(): () => void {
  let source: EventSource
  let retry: number | undefined
  const clock = setInterval(() => (clockMs.value = Date.now()), 1_000)

  function connect(): void {
    source = new EventSource('/api/v1/events')
    source.addEventListener('open', () => (connection.value = 'live'))
    source.addEventListener('fleet', (event: MessageEvent<string>) => {
      fleet.value = JSON.parse(event.data) as FleetNow
    })
    source.addEventListener('error', () => {
      connection.value = 'connecting'
      if (source.readyState !== EventSource.CLOSED) return
      // Refused: logged out, or the tracker has too much to do. The browser does not try again by itself.
      void findSession()
      retry = window.setTimeout(connect, RETRY_MS)
    })
  }

  connect()
  return () => {
    clearInterval(clock)
    clearTimeout(retry)
    source.close()
    connection.value = 'connecting'
  }
}
