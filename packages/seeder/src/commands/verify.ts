import { addExamples, createOutput, EXIT, formatColumns } from '@shoal/cli'
import type { Command } from 'commander'
import { verifyMetadata, type Verification } from '../manage/verify.ts'
import { openOrigin } from '../origin/open.ts'
import { readTrustedRoot } from '../repository/open.ts'

interface VerifyArguments {
  repo: string
  origin?: string
  json?: boolean
  quiet?: boolean
}

export function addVerify(program: Command): void {
  const command = program
    .command('verify')
    .description('check the metadata as a device does, from the first root on; exit 5 when it would be refused')
    .requiredOption('--repo <dir>', "repository made by 'init'")
    .option('--origin <dir|uri>', 'what peers are offered; else the copy in the repository')
    .option('--json', 'print one JSON document')
    .action(async () => {
      await run(command.optsWithGlobals<VerifyArguments>())
    })
  addExamples(command, [['what devices see', 'shoal-seeder verify --repo ./repo --origin ./origin']])
}

async function run({ repo, origin, ...options }: VerifyArguments): Promise<void> {
  const output = createOutput(options)
  await readTrustedRoot(repo)
  const result = await verifyMetadata(
    repo,
    origin === undefined ? undefined : await openOrigin(origin, { mustExist: true }),
    new Date(),
  )
  output.document({ type: 'verification', ok: result.problems.length === 0, ...result }, describe(result))
  if (result.problems.length > 0) process.exitCode = EXIT.verification
}

function describe({ roles, staged, problems }: Verification): string {
  const rows = roles.map(({ role, version, expires, signatures: { have, need, keys }, releases }) => [
    ...[role, `${version}`, expires, `${have} (needs ${need} of ${keys})`, releases === undefined ? '' : `${releases}`],
  ])
  const table = formatColumns([['ROLE', 'VERSION', 'EXPIRES', 'SIGNATURES', 'RELEASES'], ...rows])
  const verdict = problems.length === 0 ? ['ok'] : problems.map((problem) => `wrong  ${problem}`)
  return [table, ...staged.map((channel) => `staged  ${channel}`), ...verdict].join('\n')
}
