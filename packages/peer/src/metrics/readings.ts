/** What is read off the status whenever somebody looks. */
import type { Reading } from '@shoal/cli/metrics'
import type { PeerStatus } from '../control/index.ts'

type StatusReading = Omit<Reading, 'read'> & { read: (status: PeerStatus) => ReturnType<Reading['read']> }

export const READINGS: readonly StatusReading[] = [
  {
    name: 'shoal_peer_build_info',
    help: 'Always 1; the label says which version runs.',
    label: 'version',
    read: ({ version }) => ({ [version]: 1 }),
  },
  {
    name: 'shoal_peer_neighbours',
    help: 'Peers that this one has a link to, by where they are: lan (of this site), wan.',
    label: 'place',
    read: ({ neighbours }) => {
      const lan = neighbours.filter(({ local }) => local).length
      return { lan, wan: neighbours.length - lan }
    },
  },
  {
    name: 'shoal_peer_sent_bytes_total',
    help: 'Content that was sent to neighbours, by where they are: lan (of this site), wan.',
    kind: 'counter',
    label: 'place',
    read: ({ sentBytes, sentWanBytes }) => ({ lan: sentBytes - sentWanBytes, wan: sentWanBytes }),
  },
  {
    name: 'shoal_peer_follows',
    help: 'Followed targets, by state: starting, checking, downloading, soaking, current, waiting, failing.',
    label: 'state',
    read: ({ follows }) => {
      const states = { starting: 0, checking: 0, downloading: 0, soaking: 0, current: 0, waiting: 0, failing: 0 }
      for (const { state } of follows) states[state] += 1
      return states
    },
  },
  {
    name: 'shoal_peer_paused',
    help: 'Whether nothing is fetched or served: 1 while it is paused, else 0.',
    read: ({ paused }) => Number(paused),
  },
  {
    name: 'shoal_peer_background_bytes_per_second',
    help: 'In the background, what it allows itself between sites, by direction: upload, download. Absent in normal mode.',
    label: 'direction',
    read: ({ background }) => background && { upload: background.uploadWan, download: background.downloadWan },
  },
  {
    name: 'shoal_peer_broker_connected',
    help: 'Whether there is a connection to the MQTT broker: 1, else 0. Absent where none is configured.',
    read: ({ broker }) => broker && Number(broker.connected),
  },
  {
    name: 'shoal_peer_reports',
    help: 'Reports on disk, by state: pending (to be sent), dead (given up).',
    label: 'state',
    read: ({ reports }) => reports && { pending: reports.pending, dead: reports.dead },
  },
  {
    name: 'shoal_peer_dropped_reports_total',
    help: 'Reports that were forgotten because too many had been given up.',
    kind: 'counter',
    read: ({ reports }) => reports?.dropped,
  },
  {
    name: 'shoal_peer_oldest_report_timestamp_seconds',
    help: 'When the oldest report was made that is to be sent. Absent when there is none.',
    read: ({ reports }) => reports?.oldestMs && reports.oldestMs / 1_000,
  },
  {
    name: 'shoal_peer_policy_version',
    help: 'Version of the newest policy that verified. Absent until there is one.',
    read: ({ policy }) => policy?.version,
  },
  {
    name: 'shoal_peer_policy_expires_timestamp_seconds',
    help: 'When that policy expires. Absent until there is one.',
    read: ({ policy }) => secondsOf(policy?.expires),
  },
  {
    name: 'shoal_peer_metadata_expires_timestamp_seconds',
    help: 'When the first of the signed metadata expires. Absent until any was verified.',
    read: ({ metadata }) => secondsOf(metadata.expires?.at),
  },
  {
    name: 'shoal_peer_membership_expires_timestamp_seconds',
    help: 'When the credential of a member of a private fleet expires. Absent in an open fleet.',
    read: ({ membership }) => secondsOf(membership?.expires),
  },
  {
    name: 'shoal_peer_cache_bytes',
    help: 'Of a cache: sum of the sizes of the releases that it holds.',
    read: ({ cache }) => cache?.bytes,
  },
  {
    name: 'shoal_peer_cache_limit_bytes',
    help: 'Of a cache: how much it may hold.',
    read: ({ cache }) => cache?.bytesMax,
  },
]

/** @param iso a moment */
function secondsOf(iso: string | undefined): number | undefined {
  return iso === undefined ? undefined : Date.parse(iso) / 1_000
}
