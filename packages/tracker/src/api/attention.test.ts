import { describe, expect, it } from 'vitest'
import { LIMITS } from '../limits.ts'
import type { WebhookRow } from '../store/store.ts'
import { attentionTo } from './attention.ts'

const NOW = 1_800_000_000_000
const DEVICES = { devices: 100, heardLastHour: 100, heardLastDay: 100, silentLastWeek: 0, sites: 1 }
const QUIET = { rollouts: [], devices: DEVICES, policyExpiresMs: NOW + 30 * 86_400_000, webhooks: [], nowMs: NOW }

const hook = (more: Partial<WebhookRow>): WebhookRow => ({
  ...{ name: 'chat', cursor: 1, failures: 9, nextMs: NOW, isDead: true, pending: 3, seenMs: NOW - 1_000 },
  ...more,
})

describe('what needs attention', () => {
  it('is nothing while all is well', () => {
    expect(attentionTo({ ...QUIET, webhooks: [hook({ isDead: false })] })).toEqual([])
  })

  it('is a webhook that was given up, with why, what was not told, and what to do', () => {
    const webhooks = [hook({ problem: 'status 410' }), hook({ name: 'pager', pending: 1 })]
    expect(attentionTo({ ...QUIET, webhooks })).toEqual([
      {
        ...{ level: 'failed', code: 'WEBHOOK_DEAD', webhook: 'chat' },
        text: 'webhook chat was given up (status 410): 3 events not told',
        fix: 'mend its receiver, then: shoal-tracker webhook resend chat',
      },
      expect.objectContaining({ text: 'webhook pager was given up: 1 event not told', webhook: 'pager' }),
    ])
  })

  it('is no webhook that no tracker has in its configuration any more', () => {
    expect(attentionTo({ ...QUIET, webhooks: [hook({ seenMs: NOW - LIMITS.webhookSeenMs })] })).toEqual([])
  })

  it('is told with what has failed first', () => {
    const devices = { ...DEVICES, silentLastWeek: 20 }
    const found = attentionTo({ ...QUIET, devices, policyExpiresMs: NOW + 86_400_000, webhooks: [hook({})] })
    expect(found.map(({ code }) => code)).toEqual(['WEBHOOK_DEAD', 'POLICY_EXPIRES', 'DEVICES_SILENT'])
  })
})
