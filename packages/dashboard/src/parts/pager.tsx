import { addressOf } from '../address.ts'
import { countInWords, plural } from '../format.ts'
import { place } from '../route.ts'

/** Forward by cursor; back is the browser's. */
export function Pager({
  shown,
  total,
  cursor,
  noun,
  nouns = `${noun}s`,
}: {
  shown: number
  total: number
  cursor?: string | undefined
  noun: string
  nouns?: string
}) {
  const { path, query } = place.value
  const others = Object.fromEntries([...query].filter(([name]) => name !== 'cursor'))
  const isFirst = !query.has('cursor')
  return (
    <nav class="pager" aria-label="Pages">
      <p class="muted" role="status">
        {shown === total ? plural(total, noun, nouns) : `${countInWords(shown)} of ${plural(total, noun, nouns)}`}
      </p>
      {!isFirst && <a href={addressOf(path, others)}>First page</a>}
      {cursor !== undefined && <a href={addressOf(path, { ...others, cursor })}>Next page</a>}
    </nav>
  )
}
