import type { Ground, ProgramName } from '../constellation/ground.ts'

export interface Ended {
  /** null after a signal. */
  code: number | null
  /** What it printed last on stdout. */
  last: Record<string, unknown>
}

let runs = 0

/** Runs a program to whatever end it comes to. */
export async function runToEnd(ground: Ground, program: ProgramName, args: readonly string[]): Promise<Ended> {
  const started = ground.start(program, `${program}-${++runs}`, args)
  let last: object = {}
  for await (const record of started.records()) last = record
  const { code } = await started.exited
  return { code, last: last as Record<string, unknown> }
}
