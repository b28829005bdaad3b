import { addExamples, createOutput } from '@shoal/cli'
import type { Command } from 'commander'
import type { GivenKey } from '../manage/new-key.ts'
import { stageChannel } from '../manage/stage.ts'
import { committedFields, describeCommitted, withRepository, type ManageArguments } from './key-options.ts'
import { addPassphraseOption } from './passphrase.ts'

type StageArguments = ManageArguments & { off?: boolean }

export function addStage(program: Command): void {
  const keys: GivenKey[] = []
  const command = program
    .command('stage')
    .argument('<target>', 'product@channel')
    .description("have a channel's devices install what a tracker's rollouts offer, and nothing else")
    .requiredOption('--repo <dir>', "repository made by 'init'")
    .option('--public-key <hex>', 'public half of a key that a tracker has already; may repeat', (publicKey) => {
      keys.push({ publicKey })
    })
    .option('--key <source>', 'file:PATH or env:NAME of such a key; may repeat', (source) => {
      keys.push({ source })
    })
    .option('--off', 'no longer: its devices install the newest release at once')
    .option('--origin <dir|uri>', 'bring it to this origin at once')
  addPassphraseOption(command)
    .option('--json', 'print one JSON document')
    .action(async (target: string) => {
      await run(target, command.optsWithGlobals<StageArguments>(), keys)
    })
  addExamples(command, [
    [
      'rollouts for a channel; keys/policy.pem is made, and goes to the tracker',
      'shoal-seeder stage game@stable --repo ./repo --origin ./origin',
    ],
    ['every release to everybody again', 'shoal-seeder stage game@stable --repo ./repo --origin ./origin --off'],
  ])
}

async function run(target: string, options: StageArguments, keys: readonly GivenKey[]): Promise<void> {
  const output = createOutput(options)
  const staged = await withRepository(options, (repository, origin) =>
    stageChannel(repository, origin, { target, keys, isOff: options.off }, new Date()),
  )
  const { channel, isStaged, keyIds, made } = staged
  const file = made?.replace(/^file:/, '')
  if (!isStaged) output.note(`warn    devices of ${channel} now install its newest release at once`)
  output.document(
    { type: 'stage', channel, staged: isStaged, keyIds, ...(file && { key: file }), ...committedFields(staged) },
    [
      `${isStaged ? 'staged    ' : 'not staged'}${channel}${isStaged ? `, by ${keyIds.map((id) => id.slice(0, 12)).join(', ')}` : ''}`,
      ...(file === undefined ? [] : [`made      ${file}: take it to the tracker, it signs the rollouts`]),
      ...describeCommitted(staged, options.origin !== undefined),
    ].join('\n'),
  )
}
