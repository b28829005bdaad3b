import { blockIdOf, originPath, packIndexBytesMax, parsePackIndex } from '@shoal/release'
import type { BlockId, Manifest, PackIndex } from '@shoal/release'
import { PeerError } from '../error.ts'
import type { ChunkOutcome } from './chunk-outcome.ts'
import { openConnection } from './connection.ts'
import { fetchChunks } from './fetch-chunks.ts'
import { fetchDocument } from './fetch-document.ts'
import type { WantedChunks } from './fetch-range.ts'
import { originSettings } from './options.ts'
import type { OriginOptions } from './options.ts'
import { probeOrigin, type OriginProbe } from './probe.ts'
import type { OriginStats } from './stats.ts'

interface CallOptions {
  signal: AbortSignal
}

export interface OriginClient extends AsyncDisposable {
  /** Fit to be shown: no credentials, no query. */
  readonly url: string
  readonly stats: Readonly<OriginStats>
  /** Documents that the origin does not have are undefined. What is signed is not checked here. */
  fetchMetadata(file: string, bytesMax: number, options: CallOptions): Promise<Uint8Array | undefined>
  fetchBlock(id: BlockId, bytesMax: number, options: CallOptions): Promise<Uint8Array | undefined>
  /** Whether it can be reached, and knows Range. */
  probe(options: CallOptions): Promise<OriginProbe>
  fetchIndex(manifest: Pick<Manifest, 'id' | 'chunks'>, options: CallOptions): Promise<PackIndex>
  /** Verified chunks as they arrive, each wanted one exactly once and valid until the next. Whoever stops iterating stops the transfer. */
  fetchChunks(
    index: PackIndex,
    manifest: { chunks: WantedChunks },
    chunks: Iterable<number>,
    options: CallOptions,
  ): AsyncGenerator<ChunkOutcome, void, void>
  /** Chunks are asked for over no more connections than these at a time; what is under way goes on. */
  useConnections(max: number): void
  /** Chunks of which nothing came for so long are asked for over other connections, from where they stand. */
  renew(quietMs: number): void
}

/** Opens no connection yet. Throws CONFIG_INVALID for a URL that is none. */
export function createOriginClient(url: string, options: OriginOptions = {}): OriginClient {
  const close = new AbortController()
  const connection = openConnection(url, originSettings(options))
  const { address, stats } = connection
  const until = (signal: AbortSignal) => AbortSignal.any([signal, close.signal])
  const asItIs = (bytes: Uint8Array) => bytes

  return {
    url: address.shown,
    stats,
    fetchMetadata: (file, bytesMax, { signal }) =>
      fetchDocument(connection, originPath.metadata(file), { bytesMax, signal: until(signal), read: asItIs }),
    fetchBlock: (id, bytesMax, { signal }) =>
      fetchDocument(connection, originPath.block(id), {
        bytesMax,
        signal: until(signal),
        read: (bytes) => {
          if (blockIdOf(bytes) !== id) throw new PeerError('ORIGIN_CORRUPT', `the bytes are not block ${id}`)
          return bytes
        },
      }),
    probe: ({ signal }) => probeOrigin(connection, until(signal)),
    async fetchIndex(manifest, { signal }) {
      const index = await fetchDocument(connection, originPath.index(manifest.id), {
        bytesMax: packIndexBytesMax(manifest.chunks.count),
        signal: until(signal),
        read: (bytes) => parsePackIndex(bytes, manifest),
      })
      if (index !== undefined) return index
      throw new PeerError('NOT_FOUND', `origin ${address.shown} has no pack index of release ${manifest.id}`)
    },
    fetchChunks: (index, manifest, chunks, { signal }) =>
      fetchChunks(connection, index, manifest.chunks, chunks, until(signal)),
    useConnections: (max) => connection.turns.setMax(max),
    renew(quietMs) {
      const quietSinceMs = performance.now() - quietMs
      for (const each of [...connection.underWay]) if (each.heardMs <= quietSinceMs) each.renew()
    },
    async [Symbol.asyncDispose]() {
      close.abort(new PeerError('ORIGIN_UNREACHABLE', `the origin client of ${address.shown} was closed`))
      await connection.agent.destroy()
    },
  }
}
