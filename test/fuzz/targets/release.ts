/** The formats: what origins and neighbours alike send, and nobody is believed about. */
import { parseBlockId, ReleaseError } from '@shoal/release'
import { PARSERS, type Parse } from '../../vectors/parsers.ts'
import { readVectors, type Vector } from '../../vectors/read-vectors.ts'
import { replaceBlock, type Release } from '../../vectors/relink.ts'
import type { Sample, Target } from '../target.ts'

export const RELEASE_TARGETS: Target[] = [
  {
    name: 'manifest',
    refusals: [ReleaseError],
    // The large ones take longer and say nothing new.
    samples: () =>
      vectorsOf('manifest')
        .filter(({ name }) => !/lists|many/.test(name))
        .flatMap(blocksOf),
  },
  {
    name: 'pack-index',
    refusals: [ReleaseError],
    samples: () => vectorsOf('pack-index').map((vector) => bytesOf('pack-index', vector, 'bytes')),
  },
  {
    name: 'names',
    refusals: [ReleaseError],
    samples: () => vectorsOf('names').map((vector) => textOf('names', vector, 'text')),
  },
]

function vectorsOf(kind: string): Vector[] {
  return readVectors(kind, 'valid')
}

/** Every block of a release, changed alone, with all blocks above it linking the changed one. */
function blocksOf({ content }: Vector): Sample[] {
  const release: Release = {
    id: parseBlockId(content['id'] as string),
    blocks: content['blocks'] as Record<string, Uint8Array>,
  }
  return Object.entries(release.blocks).map(([id, block]) => ({
    bytes: block,
    read: (bytes) => parse('manifest', { ...replaceBlock(release, parseBlockId(id), bytes) }),
  }))
}

function bytesOf(kind: string, { content }: Vector, field: string): Sample {
  return { bytes: content[field] as Uint8Array, read: (bytes) => parse(kind, { ...content, [field]: bytes }) }
}

function textOf(kind: string, { content }: Vector, field: string): Sample {
  return {
    bytes: Buffer.from(content[field] as string),
    read: (bytes) => parse(kind, { ...content, [field]: Buffer.from(bytes).toString() }),
  }
}

/** Throws also when what was taken encodes to other bytes. */
function parse(kind: string, content: Record<string, unknown>): unknown {
  return (PARSERS[kind] as Parse)(content)
}
