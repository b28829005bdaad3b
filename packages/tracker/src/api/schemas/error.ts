import { z } from 'zod'

export const errorAnswer = z.object({
  code: z.string().describe('stable; branch on it'),
  message: z.string(),
  fix: z.string().describe('what to do about it'),
})
