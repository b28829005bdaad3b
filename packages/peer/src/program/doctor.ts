/** `shoal-peer doctor`: what is well, what is not, and what to do about it. */
import { join, resolve } from 'node:path'
import { addExamples, createOutput, EXIT, formatColumns, style, type Output, type Style } from '@shoal/cli'
import type { Command } from 'commander'
import { defaultStateDir } from '../config/index.ts'
import { askForFacts } from '../control/index.ts'
import { examine, type Verdict } from '../doctor/index.ts'
import { whyNotPeers } from './why-origin.ts'

export function addDoctorCommand(program: Command): void {
  const command = program
    .command('doctor')
    .description('examine the running daemon: what is well, what is not, and what to do about it')
    .option('--state-dir <dir>', "the daemon's stateDir", defaultStateDir())
    .option('--json', 'one JSON document on stdout')
    .action((flags: { stateDir: string; json?: boolean }) => doctor(flags))
  addExamples(command, [
    ['what is wrong? (exit code 3 when something is)', 'shoal-peer doctor'],
    ['for a program', 'shoal-peer doctor --json'],
  ])
}

async function doctor(flags: { stateDir: string; json?: boolean }): Promise<void> {
  const facts = await askForFacts(join(resolve(flags.stateDir), 'control.sock'))
  const checks = examine(facts)
  const why = whyNotPeers(facts.status.follows)
  const output = createOutput({ json: flags.json })
  const rows = checks.map(({ verdict, check, text, fix }) => [
    mark(verdict, output),
    check,
    fix === undefined ? text : `${text}   fix: ${fix}`,
  ])
  output.document({ checks, why, facts }, `${formatColumns(rows)}\nwhy not p2p?  ${why}`)
  if (checks.some(({ verdict }) => verdict === 'FAIL')) process.exitCode = EXIT.partial
}

const STYLES: Record<Verdict, Style> = { ok: 'green', warn: 'yellow', FAIL: 'red', unknown: 'dim' }

function mark(verdict: Verdict, { out }: Output): string {
  return style(STYLES[verdict], verdict === 'unknown' ? '-' : verdict, out)
}
