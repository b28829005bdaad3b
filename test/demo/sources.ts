/** The four places that bytes come from, as the board and the tables show them: the same order, colour and glyph. */
import type { Style } from '@shoal/cli'
import type { SourceBytes } from '../constellation/peer-records.ts'

export interface SourceColumn {
  readonly title: string
  readonly style: Style
  /** In the bar; distinct without colour, too. */
  readonly glyph: string
  readonly of: (bytes: SourceBytes) => number
}

export const SOURCES: readonly SourceColumn[] = [
  { title: 'LAN', style: 'green', glyph: '█', of: (bytes) => bytes.lanPeers + bytes.cache },
  { title: 'WAN', style: 'cyan', glyph: '▓', of: (bytes) => bytes.wanPeers },
  { title: 'ORIGIN', style: 'yellow', glyph: '▒', of: (bytes) => bytes.origin },
  { title: 'REUSED', style: 'dim', glyph: '░', of: (bytes) => bytes.reused + bytes.resumed + bytes.patched },
]

/** What crossed the network. */
export function movedBytes(bytes: SourceBytes): number {
  return bytes.lanPeers + bytes.wanPeers + bytes.cache + bytes.origin
}
