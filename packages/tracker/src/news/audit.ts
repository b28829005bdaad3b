/** News of releases, written down for people and for who wants to be told. */
import { METADATA_BYTES_MAX, parseMetadata } from '@shoal/release'
import type { Store } from '../store/store.ts'

/** Once for each state of the fleet's metadata: a timestamp that is only signed anew says nothing. */
export async function noteMetadata(
  timestamp: Uint8Array,
  { store, now }: { store: Pick<Store, 'addAudit'>; now: () => number },
): Promise<void> {
  const { signed } = parseMetadata('timestamp', timestamp, METADATA_BYTES_MAX.timestamp)
  const { version } = signed.snapshotMeta
  await store.addAudit({
    ...{ atMs: now(), by: 'fleet', action: 'metadata.announced', subject: `snapshot-${version}` },
    text: `metadata ${version} of the fleet was heard of: releases were published or taken back, or keys changed`,
  })
}
