import type { RingView } from '@shoal/tracker/api'
import { countInWords, shareInWords } from '../format.ts'

/** Where the devices of a ring are: the whole bar is all of them. */
export function RingBar({ ring }: { ring: RingView }) {
  const parts = partsOf(ring)
  return (
    <span class="bar" role="img" aria-label={sentence(ring)}>
      {parts
        .filter(([, count]) => count > 0)
        .map(([part, count]) => (
          <span key={part} class={`ring-${part}`} style={{ flexGrow: count / ring.target }} />
        ))}
    </span>
  )
}

/** Whatever they failed by. */
export function failedOf({ failed, timedOut }: Pick<RingView, 'failed' | 'timedOut'>): number {
  return failed + timedOut
}

function partsOf(ring: RingView): (readonly [part: string, count: number])[] {
  const failed = failedOf(ring)
  const silent = ring.silent.offline + ring.silent.online
  const busy = Math.max(0, ring.began - ring.healthy - failed)
  const waiting = Math.max(0, ring.target - ring.healthy - failed - busy - silent)
  return [
    ['healthy', ring.healthy],
    ['busy', busy],
    ['failed', failed],
    ['waiting', waiting],
    ['silent', silent],
  ]
}

const WORDS: Record<string, string> = {
  healthy: 'healthy',
  busy: 'under way',
  failed: 'failed',
  waiting: 'not begun',
  silent: 'silent',
}

function sentence(ring: RingView): string {
  const parts = partsOf(ring).filter(([, count]) => count > 0)
  if (parts.length === 0) return `${ring.name}: no devices`
  const words = parts.map(([part, count]) => `${countInWords(count)} ${WORDS[part] ?? part}`)
  return `${ring.name}: ${words.join(', ')}; ${shareInWords(ring.healthy, ring.target)} healthy`
}

export function RingLegend() {
  return (
    <ul class="legend">
      {Object.entries(WORDS).map(([part, word]) => (
        <li key={part}>
          <span class={`swatch ring-${part}`} aria-hidden="true" />
          {word}
        </li>
      ))}
    </ul>
  )
}
