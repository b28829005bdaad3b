import { clockMs } from '../live.ts'
import { agoInWords, momentInWords } from '../format.ts'

export function Ago({ atMs }: { atMs: number }) {
  return (
    <time dateTime={new Date(atMs).toISOString()} title={momentInWords(atMs)}>
      {agoInWords(atMs, clockMs.value)}
    </time>
  )
}

export function Moment({ atMs }: { atMs: number }) {
  return <time dateTime={new Date(atMs).toISOString()}>{momentInWords(atMs)}</time>
}
