/** The demo's last act: a release goes out ring by ring; the next one does not work, and gets no further than its canary. */
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { formatColumns, formatDuration } from '@shoal/cli'
import type { Constellation } from '../constellation/constellation.ts'
import { ConstellationError } from '../constellation/error.ts'
import { stageChannel, type Operator, type RolloutView } from '../constellation/operator.ts'
import type { Screen } from './screen.ts'

/** Among the labels of a peer's configuration. */
export const CANARY = { ring: 'canary' }

/** The release tries itself: its Node runs its TypeScript. */
export function health(out: string): Readonly<Record<string, unknown>> {
  const inside = (path: string): string => join(out, 'current', path)
  const command = [inside('node/bin/node'), inside('typescript/bin/tsc'), '--version']
  return { health: { command, intervalSeconds: 1, failures: 2, soakSeconds: 1 } }
}

const RINGS = ['--ring', 'canary=label.ring=canary', '--ring', 'half=site=warsaw', '--ring', 'all']
/** What takes hours in a fleet takes seconds here. */
const QUICKLY = ['--spread', '0s', '--soak', '2s', '--gate-soak', '1s', '--gate-count', '1']
const LOOK_EVERY_MS = 250
const ROLLOUT_TIMEOUT_MS = 120_000

export interface RolloutAct {
  readonly operator: Operator
  /** Shows a rollout until it is over, and returns what it came to. */
  roll(version: string): Promise<RolloutView>
}

export async function openRolloutAct(
  constellation: Constellation,
  screen: Screen,
  signal: AbortSignal,
): Promise<RolloutAct> {
  const operator = await screen.during('staging the channel', stageChannel(constellation))
  return {
    operator,
    async roll(version) {
      const id = await screen.during('beginning the rollout', operator.begin(version, [...RINGS, ...QUICKLY]))
      return watch(operator, id, screen, signal)
    },
  }
}

/** Makes a tree one that does not work: its compiler ends in the middle of a word. */
export async function breakCompiler(folder: string): Promise<void> {
  const file = join(folder, 'typescript', 'lib', 'tsc.js')
  await rm(file)
  await writeFile(file, 'const ts = requ')
}

async function watch(operator: Operator, id: string, screen: Screen, signal: AbortSignal): Promise<RolloutView> {
  const startedAt = performance.now()
  let view = await operator.rollout(id)
  const board = screen.live({ render: () => renderRollout(view, screen), plain: () => plainRollout(view) })
  try {
    while (!isOver(view)) {
      if (performance.now() - startedAt > ROLLOUT_TIMEOUT_MS) {
        throw new ConstellationError('NO_RECORD', `the rollout is not over yet: ${plainRollout(view)}`)
      }
      await pause(LOOK_EVERY_MS, undefined, { signal })
      view = await operator.rollout(id)
    }
  } finally {
    board[Symbol.dispose]()
  }
  const { state, reason } = view.rollout
  const took = formatDuration(performance.now() - startedAt)
  const words = state === 'completed' ? screen.paint('green', 'completed') : screen.paint('yellow', state)
  screen.line(`${words} in ${took}${reason === undefined ? '' : `: ${reason}`}`)
  return view
}

/** A device tells that it failed before it tells that it is back. */
function isOver({ rollout, rings }: RolloutView): boolean {
  return rollout.state !== 'running' && rings.every(({ failed, returned }) => returned >= failed)
}

function renderRollout({ rings }: RolloutView, { paint }: Screen): string[] {
  const head = ['RING', 'DEVICES', 'BEGAN', 'DOWNLOADED', 'ACTIVATED', 'HEALTHY', 'FAILED', '']
  const rows = rings.map((ring) => {
    const count = (value: number): string => (ring.state === 'waiting' ? '-' : String(value))
    const { name, target, began, downloaded, activated, healthy, failed, state } = ring
    return [name, String(target), ...[began, downloaded, activated, healthy, failed].map(count), state]
  })
  const [first = '', ...rest] = formatColumns([head, ...rows], { right: [1, 2, 3, 4, 5, 6] }).split('\n')
  return [paint('dim', first), ...rest]
}

function plainRollout({ rings }: RolloutView): string {
  return rings.map(({ name, state, healthy, target }) => `${name} ${state} ${healthy}/${target} healthy`).join(', ')
}
