/** `webhook list | test | resend`: how far those are that the running trackers tell of what happens. */
import { addExamples, createOutput, formatColumns, style } from '@shoal/cli'
import { InvalidArgumentError, type Command } from 'commander'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import type { Store, WebhookRow } from '../store/store.ts'
import { TEST_ACTION } from '../webhook/message.ts'
import { addStoreOptions, note, openExisting, type StoreFlags } from './console.ts'

export function addWebhookCommands(program: Command): void {
  const webhook = program.command('webhook').description('who is told of rollouts and releases, and how that goes')
  const list = addStoreOptions(webhook.command('list').description('all of them: what waits, and what went wrong'))
  list.action((flags: StoreFlags) => listWebhooks(flags))
  addExamples(list, [['all of them', 'shoal-tracker webhook list --state-dir /var/lib/shoal-tracker']])
  const test = addStoreOptions(webhook.command('test').description('have the running tracker tell it of a test'))
    .argument('<name>', 'as in the configuration')
    .action((name: string, flags: StoreFlags) => testWebhook(name, flags))
  addExamples(test, [['after setting it up', 'shoal-tracker webhook test chat --state-dir DIR']])
  const resend = addStoreOptions(
    webhook.command('resend').description('go on with one that was given up, or tell again'),
  )
    .argument('<name>', 'as in the configuration')
    .option('--after <id>', 'tell again what came after this event of the audit log; 0 is all there is', eventId)
    .action((name: string, flags: StoreFlags & { after?: number }) => resendWebhook(name, flags))
  addExamples(resend, [
    ['when its receiver works again', 'shoal-tracker webhook resend chat --state-dir DIR'],
    ['what its receiver lost', 'shoal-tracker webhook resend chat --after 1200 --state-dir DIR'],
  ])
}

async function listWebhooks(flags: StoreFlags): Promise<void> {
  await using store = await openExisting(flags)
  const nowMs = Date.now()
  const webhooks = (await store.webhooks()).map((row) => describe(row, nowMs))
  const rows = webhooks.map(({ name, state, pending, cursor, delivered, problem }) => [
    ...[name, state === 'ok' ? state : style('yellow', state, process.stdout), String(pending), String(cursor)],
    ...[delivered ?? 'never', problem ?? '-'],
  ])
  const head = ['NAME', 'STATE', 'WAITING', 'TOLD UP TO', 'LAST TOLD', 'PROBLEM']
  createOutput(flags).document({ webhooks }, formatColumns([head, ...rows]))
}

async function testWebhook(name: string, flags: StoreFlags): Promise<void> {
  await using store = await openExisting(flags)
  await findWebhook(store, name)
  await note(store, TEST_ACTION, name, `a test of webhook ${name}`)
  const text = `it is told within seconds, while a tracker runs; see shoal-tracker webhook list`
  createOutput(flags).document({ name, tested: true }, text)
}

async function resendWebhook(name: string, { after, ...flags }: StoreFlags & { after?: number }): Promise<void> {
  await using store = await openExisting(flags)
  const { cursor } = await findWebhook(store, name)
  await store.resetWebhook(name, after)
  await note(store, 'webhook.resend', name, `webhook ${name} goes on after event ${after ?? cursor}`)
  createOutput(flags).document({ name, after: after ?? cursor }, `${name} goes on after event ${after ?? cursor}`)
}

async function findWebhook(store: Store, name: string): Promise<WebhookRow> {
  const webhook = (await store.webhooks()).find((each) => each.name === name)
  if (webhook !== undefined) return webhook
  throw new TrackerError('NOT_FOUND', `no tracker here ever had a webhook ${name}`, {
    fix: 'see shoal-tracker webhook list; one that is new in the configuration is known once the tracker was started',
  })
}

function describe(row: WebhookRow, nowMs: number) {
  const { name, cursor, pending, failures, problem, nextMs, deliveredMs, isDead, seenMs } = row
  const isThere = nowMs - seenMs < LIMITS.webhookSeenMs
  return {
    ...{ name, state: isDead ? 'dead' : failures > 0 ? 'failing' : isThere ? 'ok' : 'not configured' },
    ...{ pending, cursor, failures },
    ...(problem === undefined ? {} : { problem }),
    ...(failures > 0 && !isDead ? { next: new Date(nextMs).toISOString() } : {}),
    ...(deliveredMs === undefined ? {} : { delivered: new Date(deliveredMs).toISOString() }),
  }
}

function eventId(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('give the id of an event, as the audit log has it')
  return Number(text)
}
