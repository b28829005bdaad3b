/** `--keep`: what runs, where, and what to try with it. */
import { once } from 'node:events'
import { formatColumns } from '@shoal/cli'
import type { Constellation } from '../constellation/constellation.ts'
import type { Operator } from '../constellation/operator.ts'
import type { Screen } from './screen.ts'

export async function keepRunning(
  constellation: Constellation,
  { token }: Operator,
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  const { origin, tracker, peers, ground, target } = constellation
  const trackerAddress = tracker?.addresses[0] ?? ''
  screen.heading('still running', 'until Ctrl-C')
  screen.line(
    formatColumns([
      ['origin', origin.url],
      ['dashboard', tracker?.http ?? ''],
      ['its token', token],
      ['tracker', trackerAddress],
      ...peers.map(({ name, addresses }) => [name, addresses[0] ?? '']),
      ['folder', ground.dir],
    ]),
  )
  const short = (path: string): string => path.replace(ground.dir, '$D')
  const state = short(peers[0]?.stateDir ?? '')
  const [product = '', channel = ''] = target.split('@')
  screen.heading('to try', 'in another terminal, in this folder')
  const commands = [
    ['first, so that the lines below are short', `D=${ground.dir} T=${trackerAddress}`],
    ['what a peer does, and how it found its neighbours', `npx shoal-peer status --state-dir ${state}`],
    ['stop it for a while; resume goes on', `npx shoal-peer pause --state-dir ${state}`],
    [
      'what rollouts came to',
      `SHOAL_TRACKER_TOKEN=${token} npx shoal-tracker rollout list --api ${tracker?.http ?? ''}`,
    ],
    ["the tracker's figures", `curl -s ${tracker?.http ?? ''}/metrics | grep ^shoal`],
    [
      'one more peer, from neighbours only',
      `npx shoal-peer get ${target} --root ${short(origin.root)} --no-origin --tracker $T --out $D/mine`,
    ],
    [
      'one more version, which peers take once there is a rollout of it',
      `npx shoal-seeder publish ./packages --repo ${short(origin.repository)} --origin ${short(origin.dir)} \\\n` +
        `  --product ${product} --channel ${channel} --version 5.0`,
    ],
  ]
  for (const [what = '', command = ''] of commands) screen.line(`${screen.paint('dim', `# ${what}`)}\n${command}`)
  if (!signal.aborted) await once(signal, 'abort')
}
