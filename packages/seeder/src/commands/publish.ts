import { addExamples, createOutput, formatBytes, shutdownSignal, style, type Output } from '@shoal/cli'
import { formatTarget, releaseRole } from '@shoal/release'
import type { Command } from 'commander'
import type { PublishSummary } from '../publish/options.ts'
import { publish } from '../publish/publish.ts'
import { numberBetween } from './numbers.ts'
import { addPassphraseOption, readPassphrase, type PassphraseOption } from './passphrase.ts'
import { createPublishReport } from './publish-report.ts'

interface PublishArguments extends PassphraseOption {
  repo: string
  origin: string
  product?: string
  channel: string
  /** `--version`; the program's own flag of that name is parsed before a command is. */
  version: string
  platform: string
  level: number
  workers?: number
  json?: boolean
  quiet?: boolean
}

export function addPublish(program: Command): void {
  const command = program
    .command('publish')
    .description('chunk, sign and upload a folder as a release; what the origin has is not uploaded again')
    .argument('<src>', 'folder to publish')
    .requiredOption('--repo <dir>', "repository made by 'init'")
    .requiredOption('--origin <dir|uri>', 'where peers fetch from: a folder (S3 comes later)')
    .option('--product <name>', 'product; optional when the repository is of one product')
    .requiredOption('--channel <name>', 'channel that offers the release, such as stable')
    .requiredOption('--version <version>', 'version; once published it never changes')
    .option('--platform <name>', 'platform, such as linux-x64', 'any')
    .option('--level <1-19>', 'zstd level: higher is smaller and slower', numberBetween(1, 19, '--level'), 3)
    .option('--workers <n>', 'threads; one a core by default', numberBetween(1, 256, '--workers'))
  addPassphraseOption(command)
    .option('--json', 'print JSON records: one a phase, then summary')
    .action(async (source: string) => {
      await run(source, command.optsWithGlobals<PublishArguments>())
    })
  addExamples(command, [
    [
      'publish a build',
      'shoal-seeder publish ./build --repo ./repo --origin ./origin --channel stable --version 4.7.2',
    ],
    [
      'for one platform, from a repository of several products',
      'shoal-seeder publish ./linux --repo ./repo --origin ./origin --product game --channel beta --version 5.0 --platform linux-x64',
    ],
  ])
}

async function run(source: string, { repo, ...options }: PublishArguments): Promise<void> {
  const output = createOutput(options)
  const report = createPublishReport(output)
  const passphrase = await readPassphrase(options)
  const deps = { signal: shutdownSignal(), onEvent: report }
  const summary = await publish({ ...options, source, repository: repo, passphrase }, deps)
  output.summary(summary, describe(summary, output))
}

function describe(summary: PublishSummary, output: Output): string {
  const release = style('bold', summary.release, output.out)
  const line = `release ${release}  ${formatTarget(summary)} ${summary.platform}`
  if (summary.signatures !== undefined) {
    const { have, need } = summary.signatures
    const role = releaseRole(summary.product, summary.channel)
    return `${line}\nnot offered yet: ${have} of ${need} signatures. Next: 'shoal-seeder sign --role ${role}' with another key`
  }
  if (!summary.alreadyPublished) return line
  const repaired = summary.uploadedBytes > 0 ? `repaired ${formatBytes(summary.uploadedBytes)}` : 'nothing uploaded'
  return `${line}\nalready published: ${repaired}`
}
