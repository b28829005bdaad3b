/** A long run of one decoder, and what is still held after it. */
import { heldBytes, residentMaxBytes } from './cost.ts'
import { fuzz, type FuzzOptions, type Report } from './fuzz.ts'
import { HELD_BYTES_MAX } from './limits.ts'
import type { Target } from './target.ts'

export interface SoakReport extends Report {
  heldBytes: number
  /** The most that was resident, all runs of this process together. */
  residentMaxBytes: number
}

/** What a reader makes once and keeps is not held because of inputs. */
const WARM_UP_ROUNDS = 64

/** @throws Finding, and an Error when too much is held */
export async function soak(target: Target, options: FuzzOptions): Promise<SoakReport> {
  await fuzz(target, { ...options, rounds: WARM_UP_ROUNDS })
  const before = await heldBytes()
  const report = await fuzz(target, options)
  const held = (await heldBytes()) - before
  if (held > HELD_BYTES_MAX) throw new Error(`${target.name}: ${held} bytes are held after ${report.rounds} inputs`)
  return { ...report, heldBytes: held, residentMaxBytes: residentMaxBytes() }
}
