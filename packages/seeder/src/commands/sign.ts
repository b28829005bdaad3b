import { addExamples, createOutput } from '@shoal/cli'
import type { Command } from 'commander'
import { renewRole, signPending } from '../manage/sign.ts'
import { committedFields, describeCommitted, givenKey, withRepository, type ManageArguments } from './key-options.ts'
import { addPassphraseOption } from './passphrase.ts'

interface SignArguments extends ManageArguments {
  role: string
  renew?: boolean
  key?: string
  publicKey?: string
}

export function addSign(program: Command): void {
  const command = program
    .command('sign')
    .description('add a signature to metadata that waits for it; with enough of them it is published')
    .requiredOption('--repo <dir>', "repository made by 'init'")
    .requiredOption('--role <role>', 'root, targets, snapshot, timestamp, or rel-PRODUCT-CHANNEL')
    .option(
      '--key <source>',
      'the key to sign with: file:PATH, env:NAME or exec:COMMAND; those of the repository by default',
    )
    .option('--public-key <hex>', 'public half of the key; needed for exec:')
    .option('--renew', 'sign the role anew as it is, for another life')
    .option('--origin <dir|uri>', 'where it is published; root and targets may go there later')
  addPassphraseOption(command)
    .option('--json', 'print one JSON document')
    .action(async () => {
      const options = command.optsWithGlobals<SignArguments>()
      await (options.renew === true ? renew(options) : run(options))
    })
  addExamples(command, [
    [
      'the second signature of a stable release',
      'shoal-seeder sign --repo ./repo --role rel-game-stable --key file:/media/key/manager.pem --origin ./origin',
    ],
    ['root for another year', 'shoal-seeder sign --repo ./repo --role root --renew'],
  ])
}

async function renew(options: SignArguments): Promise<void> {
  const { role, origin } = options
  const committed = await withRepository(options, (repository, opened) =>
    renewRole(repository, opened, role, new Date()),
  )
  createOutput(options).document(
    { type: 'renewed', role, ...committedFields(committed) },
    describeCommitted(committed, origin !== undefined).join('\n'),
  )
}

async function run(options: SignArguments): Promise<void> {
  const output = createOutput(options)
  const { role, key, publicKey } = options
  const { version, keyIds, releases, pending } = await withRepository(options, (repository, origin) =>
    signPending(repository, origin, { role, key: givenKey(key, publicKey) }, new Date()),
  )
  const keys = keyIds.map((id) => id.slice(0, 12)).join(', ')
  const state =
    pending === undefined
      ? options.origin === undefined
        ? 'complete'
        : 'published'
      : `waiting   ${pending.role} has ${pending.have} of ${pending.need} signatures`
  output.document(
    {
      type: 'signed',
      role,
      version,
      keyIds,
      published: pending === undefined && options.origin !== undefined,
      pending,
    },
    [
      `signed    ${role} version ${version}${keys === '' ? '' : `, key ${keys}`}`,
      ...Object.entries(releases).map(([path, cid]) => `release   ${cid}  ${path}`),
      state,
    ].join('\n'),
  )
}
