import { addExamples, createOutput, usageError } from '@shoal/cli'
import { POLICY_ROLE } from '@shoal/release'
import type { Command } from 'commander'
import { ENROLMENT } from '../metadata/edit.ts'
import { revokeKey, rotateKey, type KeyChange } from '../manage/rotate.ts'
import { committedFields, describeCommitted, givenKey, withRepository, type ManageArguments } from './key-options.ts'
import { addPassphraseOption } from './passphrase.ts'

interface RotateArguments extends ManageArguments {
  role: string
  key?: string
  newKey?: string
  publicKey?: string
  compromised?: boolean
}

type RevokeArguments = ManageArguments & { role: string; key: string; compromised?: boolean }

const COMPROMISED =
  'somebody else has the key: of its role, sign only what this repository published itself; needs --origin'
const ROLE = 'root, targets, snapshot, timestamp, rel-PRODUCT-CHANNEL, policy, or enrolment'

export function addRotate(program: Command): void {
  const command = program
    .command('rotate')
    .description('replace a key of a role by a new one; needs the key of root, or of targets for a release role')
    .requiredOption('--repo <dir>', "repository made by 'init'")
    .requiredOption('--role <role>', ROLE)
    .option('--key <keyid>', 'the key to replace, or how its id begins; needed when the role has several')
    .option('--new-key <source>', 'file:PATH, env:NAME or exec:COMMAND; a new file in keys/ by default')
    .option('--public-key <hex>', 'public half of the new key; needed for exec:, and enough when the key is elsewhere')
    .option('--compromised', COMPROMISED)
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
    .option('--compromised', COMPROMISED)
    .option('--origin <dir|uri>', 'bring it to this origin at once')
  addPassphraseOption(command)
    .option('--json', 'print one JSON document')
    .action(async () => {
      await revoke(command.optsWithGlobals<RevokeArguments>())
    })
  addExamples(command, [
    [
      'a release key that was stolen; others of the channel go on',
      'shoal-seeder revoke --repo ./repo --role rel-game-stable --key 91be02c7 --compromised --origin ./origin',
    ],
  ])
}

async function rotate(options: RotateArguments): Promise<void> {
  const { role, key: keyId, publicKey, compromised: isCompromised } = options
  checkCompromised(options)
  const newKey = givenKey(options.newKey, publicKey)
  const change = await withRepository(options, (repository, origin) =>
    rotateKey(repository, origin, { role, keyId, newKey, isCompromised }, new Date()),
  )
  report(options, role, change)
}

async function revoke(options: RevokeArguments): Promise<void> {
  const { role, key: keyId, compromised: isCompromised } = options
  checkCompromised(options)
  const change = await withRepository(options, (repository, origin) =>
    revokeKey(repository, origin, { role, keyId, isCompromised }, new Date()),
  )
  report(options, role, change)
}

/** Offline there is nothing yet to be wary of, and later nobody would be. */
function checkCompromised({ compromised, origin }: { compromised?: boolean; origin?: string }): void {
  if (compromised === true && origin === undefined) {
    throw usageError('--compromised needs --origin', 'give the origin that others may have written to')
  }
}

function report(options: ManageArguments, role: string, change: KeyChange): void {
  const { removed, added, dropped } = change
  const output = createOutput(options)
  if (role === ENROLMENT) output.note('warn    give the tracker the new key; every member must then enrol again')
  if (role === POLICY_ROLE) output.note('warn    give the tracker the new key: what the old one signed counts no more')
  output.document(
    { type: 'keys', role, removed, added, dropped, ...committedFields(change) },
    [
      `removed   key ${removed.slice(0, 12)} of ${role}`,
      ...(added === undefined ? [] : [`added     key ${added.slice(0, 12)}`]),
      ...dropped.map((path) => `dropped   ${path}, which this repository did not publish`),
      ...describeCommitted(change, options.origin !== undefined),
    ].join('\n'),
  )
}
