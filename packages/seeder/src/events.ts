/** All that a seeder that serves has to say in its log, and how loud it is. docs/operating.md says what each means. */
import type { LogEvents } from '@shoal/cli'

export const SEEDER_EVENTS = {
  listening: 'info',
  stopped: 'info',
  'metadata-signed': 'info',
  'metadata-not-signed': 'warn',
  'answer-failed': 'warn',
} as const satisfies LogEvents<string>
