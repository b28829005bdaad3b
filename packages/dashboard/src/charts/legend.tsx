import { SOURCES } from './sources.ts'

export function SourceLegend() {
  return (
    <ul class="legend">
      {SOURCES.map(([source, word]) => (
        <li key={source}>
          <span class={`swatch ${source}`} aria-hidden="true" />
          {word}
        </li>
      ))}
    </ul>
  )
}
