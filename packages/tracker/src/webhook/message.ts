/** What is told: one entry of the audit log, signed as the Standard Webhooks specification has it. Pure. */
import { createHmac } from 'node:crypto'
import { LIMITS } from '../limits.ts'
import type { AuditEntry, ToldEntry } from '../store/store.ts'
import type { WebhookConfig } from './settings.ts'

/** Goes to the one webhook that is its subject, whatever that wants. */
export const TEST_ACTION = 'webhook.test'

export interface WebhookMessage {
  body: string
  headers: Record<string, string>
}

export function wants({ name, events }: Pick<WebhookConfig, 'name' | 'events'>, entry: AuditEntry): boolean {
  const { action, subject } = entry
  if (action === TEST_ACTION) return subject === name
  return events.some((event) => event === action || (event.endsWith('.*') && action.startsWith(event.slice(0, -1))))
}

/**
 * The same entry has the same id each time it is told, so that who gets it twice can see that; a new store counts from 1 again.
 * @param nowMs epoch ms; receivers refuse what was signed long ago
 */
export function messageOf(
  fleet: string,
  entry: ToldEntry,
  { secrets }: Pick<WebhookConfig, 'secrets'>,
  nowMs: number,
): WebhookMessage {
  const { id, atMs, by, action, subject, rollout, ring, product, channel, version } = entry
  const text = entry.text.slice(0, LIMITS.webhookTextCharactersMax)
  const body = JSON.stringify({
    type: action,
    timestamp: new Date(atMs).toISOString(),
    data: { fleet, id, by, subject, rollout, ring, product, channel, version, text },
  })
  const messageId = `msg_${fleet.slice(0, 16)}_${id}_${atMs}`
  const seconds = String(Math.floor(nowMs / 1_000))
  const signatures = secrets.map(
    (secret) => `v1,${createHmac('sha256', secret).update(`${messageId}.${seconds}.${body}`).digest('base64')}`,
  )
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'shoal-tracker',
      'webhook-id': messageId,
      'webhook-timestamp': seconds,
      'webhook-signature': signatures.join(' '),
    },
  }
}
