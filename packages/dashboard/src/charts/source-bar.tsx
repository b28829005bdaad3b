import { bytesInWords, shareInWords } from '../format.ts'
import { Table } from '../parts/table.tsx'
import { Figure } from './figure.tsx'
import { SourceLegend } from './legend.tsx'
import { avoidedBytes, movedBytes, SOURCES, type Bytes } from './sources.ts'

/** One bar, the whole of which is what was moved. */
export function SourceBar({ bytes }: { bytes: Bytes }) {
  const moved = movedBytes(bytes)
  return (
    <span class="bar" aria-hidden="true">
      {SOURCES.filter(([source]) => bytes[source] > 0).map(([source]) => (
        <span key={source} class={source} style={{ flexGrow: bytes[source] / moved }} />
      ))}
    </span>
  )
}

export function SourceFigure({ title, bytes }: { title: string; bytes: Bytes }) {
  const moved = movedBytes(bytes)
  const avoided = avoidedBytes(bytes)
  const before = bytes.reused + bytes.patched
  const reused = before === 0 ? '' : ` Another ${bytesInWords(before)} were on the devices already.`
  return (
    <Figure
      title={title}
      summary={
        (moved === 0
          ? 'Nothing was downloaded.'
          : `${bytesInWords(moved)} were downloaded; ${shareInWords(avoided, moved)} did not come from the origin.`) +
        reused
      }
      chart={
        moved > 0 && (
          <>
            <SourceLegend />
            <SourceBar bytes={bytes} />
            <ul class="shares">
              {SOURCES.map(([source, word]) => (
                <li key={source}>
                  <strong>{shareInWords(bytes[source], moved)}</strong>
                  <span class="muted">{word}</span>
                  <span class="muted">{bytesInWords(bytes[source])}</span>
                </li>
              ))}
            </ul>
          </>
        )
      }
      table={
        <Table
          caption={title}
          rows={[
            ...SOURCES.map(([source, word]) => ({
              word,
              bytes: bytes[source],
              share: shareInWords(bytes[source], moved),
            })),
            { word: 'Reused', bytes: bytes.reused, share: '' },
            { word: 'Patched', bytes: bytes.patched, share: '' },
            { word: 'Wasted', bytes: bytes.wasted, share: '' },
          ]}
          keyOf={(row) => row.word}
          columns={[
            { name: 'Source', cell: (row) => row.word },
            { name: 'Bytes', isNumber: true, cell: (row) => bytesInWords(row.bytes) },
            { name: 'Share', isNumber: true, cell: (row) => row.share },
          ]}
        />
      }
    />
  )
}
