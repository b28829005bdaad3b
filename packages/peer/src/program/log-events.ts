/** How loud each event of the network is in the log. */
const LEVELS: Record<string, 'warn' | 'info'> = {
  banned: 'warn',
  'broker-connected': 'info',
  'broker-failed': 'warn',
  'mdns-failed': 'warn',
  'membership-ended': 'warn',
  'membership-ending': 'warn',
  'membership-not-saved': 'warn',
  'membership-unconfirmed': 'info',
  membership: 'info',
  met: 'info',
  unreachable: 'info',
  refused: 'info',
}

interface Log {
  warn(fields: object, message: string): void
  info(fields: object, message: string): void
  debug(fields: object, message: string): void
}

export function logEvents(log: Log): (event: string, fields: Record<string, unknown>) => void {
  return (event, fields) => log[LEVELS[event] ?? 'debug'](fields, event)
}
