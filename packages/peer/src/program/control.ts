/** `shoal-peer status | pause | resume`: talk to the running daemon. */
import { join, resolve } from 'node:path'
import { addExamples, createOutput } from '@shoal/cli'
import type { Command } from 'commander'
import { defaultStateDir } from '../config/index.ts'
import { askDaemon } from '../control/index.ts'
import { statusText } from './status-text.ts'

const COMMANDS = [
  ['status', 'show releases, sources and neighbours'],
  ['pause', 'stop fetching and serving until resume'],
  ['resume', 'go on after pause'],
] as const

export function addControlCommands(program: Command): void {
  for (const [name, description] of COMMANDS) {
    const command = program
      .command(name)
      .description(description)
      .option('--state-dir <dir>', "the daemon's stateDir", defaultStateDir())
      .option('--json', 'one JSON document on stdout')
      .action(async (flags: { stateDir: string; json?: boolean }) => {
        const status = await askDaemon(join(resolve(flags.stateDir), 'control.sock'), name)
        createOutput({ json: flags.json }).document(status, statusText(status, Date.now()))
      })
    addExamples(command, [[description, `shoal-peer ${name}`]])
  }
}
