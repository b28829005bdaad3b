import { addExamples, createOutput } from '@shoal/cli'
import type { Command } from 'commander'
import { ROLE_KEYS_MAX } from '../limits.ts'
import { setChannel } from '../manage/channel.ts'
import type { GivenKey } from '../manage/new-key.ts'
import { committedFields, describeCommitted, withRepository, type ManageArguments } from './key-options.ts'
import { numberBetween } from './numbers.ts'
import { addPassphraseOption } from './passphrase.ts'

interface ChannelArguments extends ManageArguments {
  product?: string
  channel: string
  threshold?: number
}

export function addChannel(program: Command): void {
  // Both options make one list, in which a public key belongs to the external signer before it.
  const keys: GivenKey[] = []
  const command = program
    .command('channel')
    .description('add a channel, or change who must sign its releases; signed by the key of targets')
    .requiredOption('--repo <dir>', "repository made by 'init'")
    .requiredOption('--channel <name>', 'channel, such as stable')
    .option('--product <name>', 'product; optional when the repository is of one product')
    .option('--threshold <n>', 'how many keys must sign a release', numberBetween(1, ROLE_KEYS_MAX, '--threshold'))
    .option('--key <source>', 'a key that may sign: file:PATH, env:NAME or exec:COMMAND; may repeat', (source) => {
      keys.push({ source })
    })
    .option(
      '--public-key <hex>',
      'public half of the exec: before it, or of a key that is elsewhere; may repeat',
      (hex) => {
        addPublicKey(keys, hex)
      },
    )
    .option('--origin <dir|uri>', 'bring it to this origin at once')
  addPassphraseOption(command)
    .option('--json', 'print one JSON document')
    .action(async () => {
      await run(command.optsWithGlobals<ChannelArguments>(), keys)
    })
  addExamples(command, [
    ['a channel with a key of its own', 'shoal-seeder channel --repo ./repo --product game --channel beta'],
    [
      'two signatures for every stable release: of the build machine, and of a release manager',
      'shoal-seeder channel --repo ./repo --product game --channel stable --threshold 2 --public-key 3f1c…',
    ],
  ])
}

function addPublicKey(keys: GivenKey[], publicKey: string): void {
  const last = keys.at(-1)
  if (last?.source?.startsWith('exec:') === true && last.publicKey === undefined) last.publicKey = publicKey
  else keys.push({ publicKey })
}

async function run(options: ChannelArguments, keys: readonly GivenKey[]): Promise<void> {
  const output = createOutput(options)
  const { product, channel, threshold } = options
  const changed = await withRepository(options, (repository, origin) =>
    setChannel(repository, origin, { product, channel, threshold, keys }, new Date()),
  )
  const { role, keyIds, isNew } = changed
  const ids = keyIds.map((id) => id.slice(0, 12)).join(', ')
  output.document(
    { type: 'channel', role, threshold: changed.threshold, keyIds, isNew, ...committedFields(changed) },
    [
      `${isNew ? 'added' : 'changed'}${isNew ? '    ' : '  '} ${role}: ${changed.threshold} of ${keyIds.length} keys (${ids})`,
      ...describeCommitted(changed, options.origin !== undefined),
    ].join('\n'),
  )
}
