/** All that the peer has to say in its log, and how loud it is. docs/operating.md says what each means. */
import type { LogEvents } from '@shoal/cli'

export const PEER_EVENTS = {
  listening: 'info',
  stopped: 'info',
  'limits-changed': 'info',
  // Of what is followed.
  phase: 'debug',
  waiting: 'info',
  'release-began': 'info',
  'release-downloaded': 'info',
  'release-activated': 'info',
  'release-soaking': 'info',
  'release-healthy': 'info',
  'release-failed': 'warn',
  'release-returned': 'warn',
  'release-postponed': 'info',
  installed: 'info',
  'round-failed': 'warn',
  'record-damaged': 'warn',
  // Of trust, news and the policy.
  'metadata-refused': 'info',
  'trust-damaged': 'warn',
  news: 'debug',
  'news-unreadable': 'debug',
  policy: 'info',
  'policy-refused': 'info',
  'policy-not-saved': 'warn',
  'policy-not-weighed': 'warn',
  'policy-unheard': 'debug',
  // Of others.
  met: 'info',
  unreachable: 'info',
  announced: 'debug',
  refused: 'info',
  provided: 'debug',
  'looked-up': 'debug',
  'dht-failed': 'debug',
  'mdns-failed': 'warn',
  'dial-failed': 'debug',
  'lane-opened': 'debug',
  'lane-failed': 'debug',
  'link-failed': 'debug',
  'hang-up-failed': 'debug',
  banned: 'warn',
  'broker-connected': 'info',
  'broker-failed': 'warn',
  // Of reports.
  'reports-undelivered': 'info',
  'report-given-up': 'warn',
  'report-dropped': 'warn',
  'checkup-failed': 'warn',
  // Of the membership in a private fleet.
  membership: 'info',
  'membership-ending': 'warn',
  'membership-ended': 'warn',
  'membership-not-saved': 'warn',
  'membership-unconfirmed': 'info',
} as const satisfies LogEvents<string>

export type PeerEvent = keyof typeof PEER_EVENTS
export type OnEvent = (event: PeerEvent, fields: Record<string, unknown>) => void
