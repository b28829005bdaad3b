import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'

/** A chart that can be read: one sentence says what it shows, and the same figures are there as a table. */
export function Figure(props: { title: string; summary: string; chart: ComponentChildren; table: ComponentChildren }) {
  const [isTable, setTable] = useState(false)
  return (
    <figure>
      <figcaption>
        <h3>{props.title}</h3>
        <p>{props.summary}</p>
        <button type="button" class="quiet" aria-pressed={isTable} onClick={() => setTable(!isTable)}>
          Show as table
        </button>
      </figcaption>
      {isTable ? props.table : props.chart}
    </figure>
  )
}
