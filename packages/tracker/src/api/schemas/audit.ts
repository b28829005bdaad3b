import { z } from 'zod'
import { count, pageQuery, rolloutId, text, timeMs } from './fields.ts'

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

export const auditQuery = z.strictObject({ ...pageQuery, rollout: rolloutId.optional(), by: text.optional() })
