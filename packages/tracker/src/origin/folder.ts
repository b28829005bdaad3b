/** The folder of an origin, as the tracker looks into it. */
import { refreshMetadata, ReleaseError, type MetadataSources, type Refreshed } from '@shoal/release'
import { open } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * What is published there, as a client that trusts this root alone takes it; rotations are followed.
 * @throws ReleaseError METADATA_EXPIRED, METADATA_UNTRUSTED, METADATA_INVALID
 */
export function readMetadata(originDir: string, root: Uint8Array, now: Date): Promise<Refreshed> {
  return refreshMetadata({ roots: [root], roles: new Map() }, sourcesIn(join(originDir, 'tuf')), { now })
}

function sourcesIn(folder: string): MetadataSources {
  return {
    async gather(file, bytesMax) {
      const bytes = await readBounded(join(folder, file), bytesMax)
      return bytes === undefined ? [] : [bytes]
    },
    async fetch(file, bytesMax, accept) {
      const bytes = await readBounded(join(folder, file), bytesMax)
      if (bytes === undefined) throw new ReleaseError('METADATA_UNTRUSTED', 'metadata-missing', `${file} is not there`)
      accept(bytes)
    },
  }
}

/** Undefined when it is not there, or is larger. */
export async function readBounded(file: string, bytesMax: number): Promise<Uint8Array | undefined> {
  try {
    await using handle = await open(file, 'r')
    const { size } = await handle.stat()
    return size > bytesMax ? undefined : new Uint8Array(await handle.readFile())
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
