import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { originPath, parsePackIndex, readManifest, sha256, type Manifest, type ReleaseId } from '@shoal/release'
import type { TreeContent } from './folder.ts'

/** Reads a release back from the folder of an origin as a peer would, every digest checked. */
export async function restoreRelease(
  origin: string,
  id: ReleaseId,
): Promise<{ manifest: Manifest; content: TreeContent }> {
  const manifest = await readManifest(id, (block) => readFile(join(origin, originPath.block(block))))
  const index = parsePackIndex(await readFile(join(origin, originPath.index(id))), manifest)
  const packs = await Promise.all(index.packs.map(async (pack) => readPack(origin, pack)))

  const chunkAt = (chunk: number): Uint8Array => {
    const offset = index.offset[chunk] ?? 0
    const frame = packs[index.pack[chunk] ?? 0]?.subarray(offset, offset + (index.length[chunk] ?? 0))
    const raw = zstdDecompressSync(frame ?? '')
    if (Buffer.compare(sha256(raw), manifest.chunks.digest(chunk)) !== 0) throw new Error(`chunk ${chunk} is wrong`)
    return raw
  }
  const content: TreeContent = {}
  for (const entry of manifest.entries) {
    if (entry.kind === 'directory') content[entry.path] = null
    else if (entry.kind === 'symlink') content[entry.path] = { link: entry.target }
    else {
      const bytes = Buffer.concat(Array.from(entry.chunks, chunkAt))
      if (Buffer.compare(sha256(bytes), entry.sha256) !== 0) throw new Error(`${entry.path} is wrong`)
      content[entry.path] = entry.executable ? { executable: bytes.toString() } : new Uint8Array(bytes)
    }
  }
  return { manifest, content }
}

async function readPack(origin: string, { sha256: name, length }: { sha256: string; length: number }): Promise<Buffer> {
  const bytes = await readFile(join(origin, originPath.pack(name)))
  if (bytes.length !== length || Buffer.from(sha256(bytes)).toString('hex') !== name)
    throw new Error(`pack ${name} is wrong`)
  return bytes
}
