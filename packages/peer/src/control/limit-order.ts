/** What the running daemon is told about its limits. */
import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import { FLOWS, type Rates } from '../traffic/index.ts'

export interface LimitOrder {
  /** From now on these hold, whatever configuration and windows say. Bytes a second. */
  set: Rates
  /** Everything that was ordered before is forgotten first. */
  clear: boolean
  /** Whether what goes between sites yields to everything else; as before when absent. */
  background?: boolean | undefined
}

/** JSON has no Infinity: null stands for no limit. */
const rate = z
  .union([z.literal(0), z.number().min(LIMITS.rateMinBytesPerSecond), z.null()])
  .transform((value) => value ?? Infinity)

const schema = z.strictObject({
  set: z.partialRecord(z.enum(FLOWS), rate),
  clear: z.boolean(),
  background: z.boolean().optional(),
})

export function encodeLimitOrder(order: LimitOrder): string {
  return JSON.stringify(order)
}

/** Undefined for what is none. */
export function parseLimitOrder(text: string): LimitOrder | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
