import { blockDigest, blockIdOf, parseBlockId, type BlockId } from '@shoal/release'

export interface Release {
  id: BlockId
  blocks: Record<string, Uint8Array>
}

/** Puts other bytes in the place of a block, and lets every block above link them: what a fuzzer needs to get past the ids. */
export function replaceBlock(release: Release, old: BlockId, bytes: Uint8Array): Release {
  const blocks = Object.fromEntries(Object.entries(release.blocks).filter(([id]) => id !== old))
  const id = blockIdOf(bytes)
  let changed: Release = { id: old === release.id ? id : release.id, blocks: { ...blocks, [id]: bytes } }
  if (old === release.id) return changed
  for (const [above, content] of Object.entries(blocks)) {
    const at = Buffer.from(content).indexOf(blockDigest(old))
    if (at < 0) continue
    const linked = Uint8Array.from(content)
    linked.set(blockDigest(id), at)
    changed = replaceBlock(changed, parseBlockId(above), linked)
  }
  return changed
}
