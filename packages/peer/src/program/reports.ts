/** `shoal-peer reports list | resend`: what this machine has to say and no tracker has taken yet. */
import { join, resolve } from 'node:path'
import { addExamples, createOutput, formatColumns } from '@shoal/cli'
import { InvalidArgumentError, type Command } from 'commander'
import { defaultStateDir } from '../config/index.ts'
import { askForReports, type ReportList } from '../control/index.ts'

interface Flags {
  dead?: boolean
  stateDir: string
  json?: boolean
}

export function addReportsCommand(program: Command): void {
  const reports = program
    .command('reports')
    .description('what this machine has to say of releases, until a tracker has it')
  const list = reports
    .command('list')
    .description('show what is to be sent, and what was given up')
    .option('--dead', 'only what was given up, with the reason')
    .action((_, command: Command) => print(command.opts<Flags>(), undefined))
  const resend = reports
    .command('resend')
    .description('send again what was given up: all of it, or what is named')
    .argument('[counters...]', 'as list shows them', counter)
    .action((counters: number[], _, command: Command) =>
      print(command.opts<Flags>(), counters.length === 0 ? {} : { counters }),
    )
  for (const command of [list, resend]) {
    command
      .option('--state-dir <dir>', "the daemon's stateDir", defaultStateDir())
      .option('--json', 'one JSON document on stdout')
  }
  addExamples(list, [
    ['what waits for a tracker', 'shoal-peer reports list'],
    ['what was given up, for a script', 'shoal-peer reports list --dead --json'],
  ])
  addExamples(resend, [['after the tracker was mended', 'shoal-peer reports resend']])
}

async function print(
  { stateDir, dead = false, json }: Flags,
  order: { counters?: number[] } | undefined,
): Promise<void> {
  const all = await askForReports(join(resolve(stateDir), 'control.sock'), order)
  const shown = dead ? { dead: all.dead } : all
  createOutput({ json }).document(shown, reportsText({ pending: dead ? [] : all.pending, dead: all.dead }))
}

export function reportsText({ pending, dead }: ReportList): string {
  if (pending.length + dead.length === 0) return 'every report was delivered'
  const rows = [
    ...pending.map(({ counter, state }) => [String(counter), state, 'to be sent']),
    ...dead.map(({ counter, state, code = '' }) => [String(counter), state, `given up: ${code}`]),
  ]
  return formatColumns([['REPORT', 'STATE', 'DELIVERY'], ...rows])
}

function counter(text: string, before: number[] = []): number[] {
  const value = Number(text)
  if (!/^[1-9]\d{0,15}$/.test(text) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError('give a number that list shows')
  return [...before, value]
}
