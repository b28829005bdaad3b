/** Many simulated devices in one process, and the policy that they all read at the origin. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parsePolicy, parseTrustedRoot } from '@shoal/release'
import type { SimChannel } from '../../packages/tracker/src/fixture/sim-device.ts'
import type { StagedWorld } from '../e2e/staged-world.ts'
import { repeat } from './repeat.ts'
import { startReporter, type Reporter } from './reporter.ts'

/** The first is on all devices when they start. */
export const VERSIONS = ['1.0', '2.0']
/** Group of the first device; the others are in none. */
export const CANARY = 'canary'
const POLICY_EVERY_MS = 200

export interface Fleet extends AsyncDisposable {
  readonly reporters: readonly Reporter[]
  /** Of all devices: reports that a tracker said it has, and how often one was sent. */
  readonly acknowledged: number
  readonly sent: number
}

export async function startFleet(world: StagedWorld, devices: number, random: () => number): Promise<Fleet> {
  await using stack = new AsyncDisposableStack()
  const { fleet } = parseTrustedRoot(await readFile(world.origin.root))
  const [tracker = ''] = world.trackers
  const channel: SimChannel = { versions: VERSIONS, bad: new Set() }
  const reporters: Reporter[] = []
  for (let at = 0; at < devices; at++) {
    reporters.push(
      stack.use(
        await startReporter({ name: `device-${at}`, group: at === 0 ? CANARY : '', fleet, tracker, channel, random }),
      ),
    )
  }
  stack.use(
    repeat(async () => {
      const { policy } = parsePolicy(await readFile(join(world.origin.dir, 'tuf', 'policy.json')))
      for (const { device } of reporters) device.policy = policy
      return POLICY_EVERY_MS
    }),
  )
  const kept = stack.move()
  return {
    reporters,
    get acknowledged() {
      return reporters.reduce((sum, each) => sum + each.acknowledged, 0)
    },
    get sent() {
      return reporters.reduce((sum, each) => sum + each.sent, 0)
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
