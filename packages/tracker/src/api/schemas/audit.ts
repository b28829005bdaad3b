import { z } from 'zod'
import { count, rolloutId, text, timeMs } from './fields.ts'

export const auditEntry = z.object({
  id: count,
  atMs: timeMs,
  by: z.string().describe('name of a token, or `gate`'),
  action: z.string(),
  subject: z.string(),
  rollout: z.string().optional(),
  ring: z.string().optional(),
  text: z.string(),
})

export const auditFilter = { rollout: rolloutId.optional(), by: text.optional() }
