import type { AuditEntry } from '@shoal/tracker/api'
import { Moment } from './time.tsx'

export function Timeline({ entries }: { entries: readonly AuditEntry[] }) {
  if (entries.length === 0) return <p class="empty">Nothing yet.</p>
  return (
    <ol class="timeline">
      {entries.map(({ id, atMs, by, text }) => (
        <li key={id}>
          <Moment atMs={atMs} />
          <span class="by">{by}</span>
          <span>{text}</span>
        </li>
      ))}
    </ol>
  )
}
