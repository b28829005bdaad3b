import { addExamples, createOutput, formatColumns } from '@shoal/cli'
import type { Command } from 'commander'
import { openOrigin } from '../origin/open.ts'
import { refreshMetadataOf, type RefreshedRoles } from '../manage/refresh.ts'
import { openRepository } from '../repository/open.ts'
import { committedFields, type ManageArguments } from './key-options.ts'
import { addPassphraseOption, readPassphrase } from './passphrase.ts'

type RefreshArguments = ManageArguments & { origin: string }

export function addRefreshTimestamp(program: Command): void {
  const command = program
    .command('refresh-timestamp')
    .description('sign the timestamp anew, and what else is past half of its life and has its keys here; run it daily')
    .requiredOption('--repo <dir>', "repository made by 'init'")
    .requiredOption('--origin <dir|uri>', 'where peers fetch from')
  addPassphraseOption(command)
    .option('--json', 'print one JSON document')
    .action(async () => {
      await run(command.optsWithGlobals<RefreshArguments>())
    })
  addExamples(command, [['from cron, once a day', 'shoal-seeder refresh-timestamp --repo ./repo --origin ./origin']])
}

async function run(options: RefreshArguments): Promise<void> {
  const output = createOutput(options)
  using repository = await openRepository(options.repo, { passphrase: await readPassphrase(options) })
  const origin = await openOrigin(options.origin, { mustExist: true })
  const refreshed = await refreshMetadataOf(repository, origin, { now: new Date(), always: true })
  for (const { role, expires, isNeglected } of refreshed.roles) {
    if (isNeglected)
      output.note(`warn    ${role} expires on ${expires}: 'shoal-seeder sign --role ${role} --renew' where its key is`)
  }
  output.document({ type: 'refreshed', roles: refreshed.roles, ...committedFields(refreshed) }, describe(refreshed))
}

function describe({ roles }: RefreshedRoles): string {
  const rows = roles.map(({ role, version, expires, isNew }) => [
    role,
    `${version}`,
    expires,
    isNew ? 'signed now' : '',
  ])
  return formatColumns([['ROLE', 'VERSION', 'EXPIRES', ''], ...rows])
}
