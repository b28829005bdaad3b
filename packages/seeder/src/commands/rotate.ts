import { addExamples, createOutput } from '@shoal/cli'
import type { Command } from 'commander'
import { revokeKey, rotateKey, type KeyChange } from '../manage/rotate.ts'
import { committedFields, describeCommitted, givenKey, withRepository, type ManageArguments } from './key-options.ts'
import { addPassphraseOption } from './passphrase.ts'

interface RotateArguments extends ManageArguments {
  role: string
  key?: string
  newKey?: string
  publicKey?: string
}

const ROLE = 'root, targets, snapshot, timestamp, or rel-PRODUCT-CHANNEL'

export function addRotate(program: Command): void {
  const command = program
    .command('rotate')
    .description('replace a key of a role by a new one; needs the key of root, or of targets for a release role')
    .requiredOption('--repo <dir>', "repository made by 'init'")
    .requiredOption('--role <role>', ROLE)
    .option('--key <keyid>', 'the key to replace, or how its id begins; needed when the role has several')
    .option('--new-key <source>', 'file:PATH, env:NAME or exec:COMMAND; a new file in keys/ by default')
    .option('--public-key <hex>', 'public half of the new key; needed for exec:, and enough when the key is elsewhere')
    .option('--origin <dir|uri>', 'bring it to this origin at once')
  addPassphraseOption(command)
    .option('--json', 'print one JSON document')
    .action(async () => {
      await rotate(command.optsWithGlobals<RotateArguments>())
    })
  addExamples(command, [
    ['the yearly new root key', 'shoal-seeder rotate --repo ./repo --role root --origin ./origin'],
    [
      'let a key management service sign timestamps',
      "shoal-seeder rotate --repo ./repo --role timestamp --new-key 'exec:/usr/local/bin/kms-sign shoal' --public-key 3f1c… --origin ./origin",
    ],
  ])
}

export function addRevoke(program: Command): void {
  const command = program
    .command('revoke')
    .description('take a key from a role, without another in its place')
    .requiredOption('--repo <dir>', "repository made by 'init'")
    .requiredOption('--role <role>', ROLE)
    .requiredOption('--key <keyid>', 'the key, or how its id begins')
    .option('--origin <dir|uri>', 'bring it to this origin at once')
  addPassphraseOption(command)
    .option('--json', 'print one JSON document')
    .action(async () => {
      await revoke(command.optsWithGlobals<ManageArguments & { role: string; key: string }>())
    })
  addExamples(command, [
    [
      'a release key that was stolen; others of the channel go on',
      'shoal-seeder revoke --repo ./repo --role rel-game-stable --key 91be02c7 --origin ./origin',
    ],
  ])
}

async function rotate(options: RotateArguments): Promise<void> {
  const { role, key, newKey, publicKey } = options
  const change = await withRepository(options, (repository, origin) =>
    rotateKey(repository, origin, { role, keyId: key, newKey: givenKey(newKey, publicKey) }, new Date()),
  )
  report(options, role, change)
}

async function revoke(options: ManageArguments & { role: string; key: string }): Promise<void> {
  const { role, key } = options
  const change = await withRepository(options, (repository, origin) =>
    revokeKey(repository, origin, { role, keyId: key }, new Date()),
  )
  report(options, role, change)
}

function report(options: ManageArguments, role: string, change: KeyChange): void {
  const { removed, added } = change
  createOutput(options).document(
    { type: 'keys', role, removed, added, ...committedFields(change) },
    [
      `removed   key ${removed.slice(0, 12)} of ${role}`,
      ...(added === undefined ? [] : [`added     key ${added.slice(0, 12)}`]),
      ...describeCommitted(change, options.origin !== undefined),
    ].join('\n'),
  )
}
