import { join } from 'node:path'
import { addExamples, createOutput } from '@shoal/cli'
import type { Command } from 'commander'
import { initRepository } from '../repository/init.ts'
import { KEY_FILE, ROOT_FILE } from '../repository/layout.ts'

interface InitOptions {
  repo: string
  product?: string
  json?: boolean
  quiet?: boolean
}

export function addInit(program: Command): void {
  const command = program
    .command('init')
    .description('make a repository: a fleet, its release key, and the root.json that peers trust')
    .requiredOption('--repo <dir>', 'folder for the repository')
    .option('--product <name>', 'the only product that it will publish')
    .option('--json', 'print one JSON document')
    .action(async () => {
      await run(command.optsWithGlobals<InitOptions>())
    })
  addExamples(command, [
    ['a repository for one product', 'shoal-seeder init --repo ./repo --product game-client'],
    ['then give every device this file, by a way that you trust', './repo/root.json'],
  ])
}

async function run(options: InitOptions): Promise<void> {
  const output = createOutput(options)
  const { repo, product } = options
  const root = await initRepository(repo, product === undefined ? {} : { product })
  const [key] = root.keys
  const rootFile = join(repo, ROOT_FILE)
  const keyFile = join(repo, KEY_FILE)
  output.document(
    { type: 'repository', fleet: root.fleet, keyId: key?.keyId, root: rootFile, key: keyFile, product },
    [
      `fleet  ${root.fleet}`,
      `root   ${rootFile}  (give this to every device)`,
      `key    ${keyFile}  (keep it secret and backed up: whoever has it can publish)`,
    ].join('\n'),
  )
}
