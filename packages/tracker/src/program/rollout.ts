/** `rollout create | list | show | edit | pause | resume | promote | halt`: clients of a running tracker. */
import { addExamples, createOutput } from '@shoal/cli'
import { parseTarget } from '@shoal/release'
import type { Command } from 'commander'
import type { NewRollout, Paged, RolloutOrder, RolloutSummary, RolloutView } from '../api/index.ts'
import { given } from '../api/schemas/fields.ts'
import { TrackerError } from '../error.ts'
import { addApiOptions, connectApi, type ApiFlags } from './api.ts'
import {
  parseCount,
  parsePercent,
  parseRing,
  parseSeconds,
  parseWindow,
  type RingFlag,
  type WindowFlag,
} from './rollout-flags.ts'
import { rolloutsText, rolloutText } from './rollout-text.ts'

interface CreateFlags extends ApiFlags {
  id?: string
  ring?: RingFlag[]
  window?: WindowFlag[]
  downloadInWindow?: boolean
  manual?: boolean
  return?: boolean
  soak?: number
  timeout?: number
  spread?: number
  gateSuccess?: number
  gateFailure?: number
  gateMinimum?: number
  gateCount?: number
  gateFinished?: number
  gateSoak?: number
  silentAfter?: number
}

interface OrderFlags extends ApiFlags {
  reason?: string
  return?: boolean
}

export function addRolloutCommands(program: Command): void {
  const rollout = program.command('rollout').description('begin, watch and change staged rollouts')
  addCreate(rollout)
  const list = addApiOptions(rollout.command('list').description('rollouts, the newest first'))
    .option('--state <state>', 'only those that are running, paused, halted, completed or superseded')
    .option('--limit <count>', 'how many', parseCount, 50)
    .action((flags: ApiFlags & { state?: string; limit: number }) => listRollouts(flags))
  addExamples(list, [['those under way', 'shoal-tracker rollout list --state running']])
  const show = addApiOptions(rollout.command('show').description('how far a rollout is, and what its gate says'))
    .argument('<id>', 'as `rollout list` has it')
    .action((id: string, flags: ApiFlags) => showRollout(id, flags))
  addExamples(show, [['one of them', 'shoal-tracker rollout show game-stable-2-0-4f1c9a']])
  const edit = addApiOptions(rollout.command('edit').description('change the rings that have not begun'))
    .argument('<id>', 'as `rollout list` has it')
    .requiredOption(
      '--ring <name=selector:percent>',
      'each ring as it shall be, those that are open first and as they are (repeatable)',
      collect(parseRing),
    )
    .action((id: string, flags: ApiFlags & { ring: RingFlag[] }) =>
      orderRollout(id, { do: 'edit', rings: flags.ring }, flags),
    )
  addExamples(edit, [
    [
      'another ring between the canary and all',
      'shoal-tracker rollout edit game-stable-2-0-4f1c9a --ring canary=group=canary --ring half=all:50 --ring all',
    ],
  ])
  addOrder(rollout, 'pause', 'no further device begins until it is resumed', true)
  addOrder(rollout, 'resume', 'go on with one that is paused', false)
  addOrder(rollout, 'promote', 'let the ring that is open pass, whatever its gate says', false)
  addOrder(rollout, 'halt', 'end it: no further device begins', true).option(
    '--return',
    'devices that have the version go back to the one before',
  )
}

function addCreate(rollout: Command): void {
  const create = addApiOptions(rollout.command('create').description('begin the rollout of a release, ring by ring'))
    .argument('<target>', 'PRODUCT@CHANNEL:VERSION of a channel that is staged')
    .option('--ring <name=selector:percent>', 'the next ring (repeatable; default: all)', collect(parseRing))
    .option('--id <id>', 'its id, never used before (default: made from the version)')
    .option('--manual', 'a ring that passed waits for `rollout promote`')
    .option('--soak <duration>', 'how long a device must stay healthy to count (default: 5m)', parseSeconds)
    .option('--timeout <duration>', 'begun and no further after so long counts as failed (default: 1d)', parseSeconds)
    .option('--spread <duration>', 'devices of a ring begin within so long (default: 5m)', parseSeconds)
    .option('--window <window>', 'when it may be installed (repeatable; default: at any time)', collect(parseWindow))
    .option('--download-in-window', 'fetch in the window, too, and not before')
    .option('--gate-success <percent>', 'healthy of finished, for a ring to pass (default: 95)', parsePercent)
    .option('--gate-finished <percent>', 'finished of those that are not silent, to pass (default: 90)', parsePercent)
    .option('--gate-soak <duration>', 'how long that must hold (default: 30m)', parseSeconds)
    .option('--gate-failure <percent>', 'failed of finished that halts (default: 5)', parsePercent)
    .option('--gate-minimum <count>', 'so many must have failed before that share counts (default: 3)', parseCount)
    .option('--gate-count <count>', 'so many failed halt, whatever the share', parseCount)
    .option(
      '--silent-after <duration>',
      'who is not heard of for so long is not waited for (default: 1d)',
      parseSeconds,
    )
    .option('--return', 'a halt by the gate takes the version back (default: if there is one to go back to)')
    .option('--no-return', 'a halt by the gate leaves devices what they have')
    .action((target: string, flags: CreateFlags) => createRollout(target, flags))
  addExamples(create, [
    [
      'a canary group, then a quarter, then all',
      'shoal-tracker rollout create game@stable:2.0 --ring canary=group=canary --ring quarter=all:25 --ring all',
    ],
    [
      'one site first, installed at night',
      "shoal-tracker rollout create game@stable:2.0 --ring pilot=site=waw-2 --ring all --window 'mon-fri 22:00-06:00 Europe/Warsaw'",
    ],
    [
      'by a label, each ring approved by somebody',
      'shoal-tracker rollout create game@stable:2.0 --ring eu=label.region=eu --ring all --manual',
    ],
  ])
}

type Verb = Exclude<RolloutOrder['do'], 'edit'>

function addOrder(rollout: Command, verb: Verb, description: string, hasReason: boolean): Command {
  const command = addApiOptions(rollout.command(verb).description(description)).argument(
    '<id>',
    'as `rollout list` has it',
  )
  if (hasReason) command.option('--reason <text>', 'why, for others')
  command.action((id: string, flags: OrderFlags) => orderRollout(id, orderOf(verb, flags), flags))
  const more = verb === 'halt' ? ' --return --reason "crashes on old drivers"' : ''
  return addExamples(command, [['one of them', `shoal-tracker rollout ${verb} game-stable-2-0-4f1c9a${more}`]])
}

async function createRollout(text: string, flags: CreateFlags): Promise<void> {
  const { product, channel, version } = parseTarget(text)
  if (version === undefined) {
    throw new TrackerError('CONFIG_INVALID', `${text} names no version`, { fix: `write it as in ${text}:1.0` })
  }
  const gate = {
    successShare: flags.gateSuccess,
    failureShare: flags.gateFailure,
    failureMinimum: flags.gateMinimum,
    failureCount: flags.gateCount,
    finishedShare: flags.gateFinished,
    soakSeconds: flags.gateSoak,
    silentAfterSeconds: flags.silentAfter,
  }
  const wanted: NewRollout = given({
    ...{ product, channel, version, id: flags.id, rings: flags.ring, windows: flags.window, gate: given(gate) },
    approval: flags.manual === true ? ('manual' as const) : undefined,
    returns: flags.return,
    download: flags.downloadInWindow === true ? ('in-window' as const) : undefined,
    soakSeconds: flags.soak,
    timeoutSeconds: flags.timeout,
    spreadSeconds: flags.spread,
  })
  print(await connectApi(flags).post<RolloutView>('/rollouts', wanted), flags)
}

async function listRollouts(flags: ApiFlags & { state?: string; limit: number }): Promise<void> {
  const { state, limit } = flags
  const rollouts = await connectApi(flags).get<Paged<RolloutSummary>>('/rollouts', { state, limit })
  createOutput(flags).document(rollouts, rolloutsText(rollouts, Date.now()))
}

async function showRollout(id: string, flags: ApiFlags): Promise<void> {
  print(await connectApi(flags).get<RolloutView>(`/rollouts/${encodeURIComponent(id)}`), flags)
}

function orderOf(verb: Verb, flags: OrderFlags): object {
  const reason = flags.reason === undefined ? {} : { reason: flags.reason }
  return verb === 'halt' ? { do: verb, returns: flags.return === true, ...reason } : { do: verb, ...reason }
}

async function orderRollout(id: string, order: object, flags: ApiFlags): Promise<void> {
  print(await connectApi(flags).post<RolloutView>(`/rollouts/${encodeURIComponent(id)}/orders`, order), flags)
}

function print(view: RolloutView, flags: ApiFlags): void {
  createOutput(flags).document(view, `${view.rollout.id}\n${rolloutText(view, Date.now())}`)
}

function collect<T>(parse: (text: string) => T): (text: string, before: T[] | undefined) => T[] {
  return (text, before = []) => [...before, parse(text)]
}
