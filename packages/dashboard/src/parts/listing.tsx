/** A list of the tracker, a page at a time: what is looked for, and which page of it, stand in the address as the tracker is asked. */
import type { Paged } from '@shoal/tracker/api'
import type { ComponentChildren } from 'preact'
import { addressOf } from '../address.ts'
import { useResource } from '../api.ts'
import { countInWords, plural } from '../format.ts'
import { place } from '../route.ts'
import { Loaded } from './page.tsx'

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- whoever names the path knows what is there
export function Listing<Row>(props: {
  /** Of the API. */
  path: string
  /** Asked for again when it changes. */
  revision?: string
  /** Rows of a page, unless the address says it. */
  limit?: number
  noun: string
  nouns?: string
  children: (rows: readonly Row[]) => ComponentChildren
}) {
  const { path, revision = '', limit, noun, nouns = `${noun}s`, children } = props
  const query = Object.fromEntries(place.value.query)
  const resource = useResource<Paged<Row>>(addressOf(path, { limit, ...query }), revision)
  return (
    <Loaded resource={resource}>
      {({ rows, total, cursor }) => (
        <>
          {children(rows)}
          <nav class="pager" aria-label="Pages">
            <p class="muted" role="status">
              {rows.length < total && `${countInWords(rows.length)} of `}
              {plural(total, noun, nouns)}
            </p>
            <PageLinks cursor={cursor} />
          </nav>
        </>
      )}
    </Loaded>
  )
}

/** Forward by cursor; back is the browser's. */
function PageLinks({ cursor }: { cursor: string | undefined }) {
  const { path, query } = place.value
  const others = Object.fromEntries([...query].filter(([name]) => name !== 'cursor'))
  return (
    <>
      {query.has('cursor') && <a href={addressOf(path, others)}>First page</a>}
      {cursor !== undefined && <a href={addressOf(path, { ...others, cursor })}>Next page</a>}
    </>
  )
}
