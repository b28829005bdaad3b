/** The store that is there by default: one file, and two threads, so that whoever reads does not wait for who writes, nor the other way round. */
import type { Store } from '../store.ts'
import type { Method } from './message.ts'
import { startStoreThread } from './store-thread.ts'

const READS = [
  ...['devices', 'device', 'deviceHistory', 'deviceTotals', 'versions', 'sites', 'groups', 'bytesByHour'],
  ...[
    'rollouts',
    'rollout',
    'ringTotals',
    'rolloutPace',
    'channels',
    'channelStates',
    'policy',
    'policies',
    'audit',
    'auditAfter',
    'webhooks',
    'tokenOf',
    'tokens',
  ],
] as readonly Method[]
const WRITES = [
  ...['takeReports', 'markHeard', 'forgetOld', 'placeDevices', 'change'],
  ...['addAudit', 'addToken', 'revokeToken', 'markTokenUsed'],
  ...['keepWebhooks', 'claimWebhook', 'saveWebhook', 'resetWebhook'],
] as readonly Method[]

/**
 * @param file made when it does not exist, readable by nobody else
 * @throws TrackerError STORE_INVALID
 */
export async function openSqliteStore(file: string): Promise<Store> {
  await using stack = new AsyncDisposableStack()
  // Both load at the same time; the tables are made by the first.
  const writer = stack.use(startStoreThread(file))
  const reader = stack.use(startStoreThread(file))
  await writer.open()
  await reader.open()
  const methods = [
    ...READS.map((method) => [method, (...values: unknown[]) => reader.call(method, values)] as const),
    ...WRITES.map((method) => [method, (...values: unknown[]) => writer.call(method, values)] as const),
  ]
  const opened = stack.move()
  const store = Object.fromEntries(methods) as Pick<Store, Method>
  return { kind: 'sqlite', ...store, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}
