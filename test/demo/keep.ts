/** `--keep`: what runs, where, and what to try with it. */
import { once } from 'node:events'
import { join, relative } from 'node:path'
import { formatColumns } from '../../packages/cli/src/index.ts'
import type { Constellation } from '../constellation/constellation.ts'
import type { Screen } from './screen.ts'

export async function keepRunning(constellation: Constellation, screen: Screen, signal: AbortSignal): Promise<void> {
  const { origin, tracker, peers, ground, target } = constellation
  screen.heading('still running', 'until Ctrl-C')
  screen.line(
    formatColumns([
      ['origin', origin.url, relative(ground.dir, origin.dir)],
      ...(tracker === undefined ? [] : [['tracker', tracker.http, tracker.addresses[0] ?? '']]),
      ...peers.map(({ name, site, addresses }) => [`${name} (${site})`, addresses[0] ?? '']),
      ['folder', ground.dir],
    ]),
  )
  const [peer] = peers
  const trackerFlag = tracker === undefined ? '' : ` --tracker ${tracker.addresses[0] ?? ''}`
  const commands = [
    ['what a peer does', `npx shoal-peer status --state-dir ${peer?.stateDir ?? ''}`],
    ['pause and resume it', `npx shoal-peer pause --state-dir ${peer?.stateDir ?? ''}`],
    ["the tracker's figures", `curl -s ${tracker?.http ?? ''}/metrics | grep ^shoal`],
    [
      'one more peer, from neighbours only',
      `npx shoal-peer get ${target} --root ${origin.root} --no-origin${trackerFlag} --out ${join(ground.dir, 'mine')}`,
    ],
    [
      'one more version, from a folder of yours',
      `npx shoal-seeder publish FOLDER --repo ${origin.repository} --origin ${origin.dir} --product ${product(target)} --channel ${channel(target)} --version 3.0`,
    ],
  ]
  screen.heading('try')
  for (const [what, command] of commands) screen.line(`${screen.paint('dim', `# ${what ?? ''}`)}\n${command ?? ''}`)
  if (!signal.aborted) await once(signal, 'abort')
}

function product(target: string): string {
  return target.split('@')[0] ?? ''
}

function channel(target: string): string {
  return target.split('@')[1] ?? ''
}
