/** All that the tracker has to say in its log, and how loud it is. docs/operating.md says what each means. */
import type { LogEvents } from '@shoal/cli'

export const TRACKER_EVENTS = {
  'identity-temporary': 'warn',
  listening: 'info',
  stopping: 'info',
  fault: 'error',
  'exchange-failed': 'debug',
  'origin-failed': 'warn',
  'origin-failed-again': 'debug',
  'broker-connected': 'info',
  'broker-failed': 'warn',
  'webhook-told': 'debug',
  'webhook-failed': 'warn',
  'webhook-failed-again': 'debug',
  'webhook-dead': 'error',
} as const satisfies LogEvents<string>

export type TrackerEvent = keyof typeof TRACKER_EVENTS
