import { join } from 'node:path'
import { addExamples, createOutput, usageError } from '@shoal/cli'
import type { Command } from 'commander'
import { LIFE_DAYS, LIFE_DAYS_MAX, ROLE_KEYS_MAX } from '../limits.ts'
import { initRepository, type Initialised, type InitOptions, type KeyCount } from '../repository/init.ts'
import { KEYS_FOLDER, ROOT_FILE } from '../repository/layout.ts'
import { numberBetween } from './numbers.ts'
import { addPassphraseOption, readPassphrase, type PassphraseOption } from './passphrase.ts'

type Role = keyof typeof LIFE_DAYS

interface InitArguments extends PassphraseOption, Partial<Record<`${Role}Days`, number>> {
  repo: string
  product?: string
  channel?: ({ channel: string } & KeyCount)[]
  rootKeys?: number
  rootThreshold?: number
  targetsKeys?: number
  targetsThreshold?: number
  private?: boolean
  json?: boolean
  quiet?: boolean
}

export function addInit(program: Command): void {
  const command = program
    .command('init')
    .description('make a repository: a fleet, its keys, and the root.json that peers trust')
    .requiredOption('--repo <dir>', 'folder for the repository')
    .option('--product <name>', 'the only product that it will publish')
    .option('--channel <name[:threshold]>', 'a channel, and how many must sign its releases; may repeat', addChannel)
  for (const role of ['root', 'targets']) {
    const count = (name: string) => numberBetween(1, ROLE_KEYS_MAX, name)
    command.option(`--${role}-keys <n>`, `keys of ${role}; as many as must sign by default`, count(`--${role}-keys`))
    command.option(`--${role}-threshold <n>`, `how many of them must sign; 1 by default`, count(`--${role}-threshold`))
  }
  command.option('--private', 'members need a credential; makes their enrolment key, which goes to the tracker')
  for (const [role, days] of Object.entries(LIFE_DAYS)) {
    const option = `--${role}-days`
    command.option(
      `${option} <n>`,
      `how long ${role} is valid; ${days} by default`,
      numberBetween(1, LIFE_DAYS_MAX, option),
    )
  }
  addPassphraseOption(command)
    .option('--json', 'print one JSON document')
    .action(async () => {
      await run(command.optsWithGlobals<InitArguments>())
    })
  addExamples(command, [
    ['a repository for one product, to try it out', 'shoal-seeder init --repo ./repo --product game'],
    [
      'for real: two of three people change keys, and two sign a stable release',
      'shoal-seeder init --repo ./repo --product game --channel stable:2 --root-keys 3 --root-threshold 2 --passphrase-file ./secret',
    ],
    ['then give every device this file, by a way that you trust', './repo/root.json'],
  ])
}

async function run(options: InitArguments): Promise<void> {
  const output = createOutput(options)
  const { repo, product } = options
  const passphrase = await readPassphrase(options)
  const made = await initRepository(repo, { ...readOptions(options), passphrase })
  const rootFile = join(repo, ROOT_FILE)
  output.document(
    {
      type: 'repository',
      ...{ fleet: made.fleet, root: rootFile, product, private: options.private === true },
      ...{ encrypted: passphrase !== undefined, keys: made.keyFiles },
    },
    describe(made, { rootFile, keysFolder: join(repo, KEYS_FOLDER), options, isEncrypted: passphrase !== undefined }),
  )
}

function readOptions(options: InitArguments): InitOptions {
  const lifeDays = Object.entries(LIFE_DAYS).map(([role, days]) => [role, options[`${role as Role}Days`] ?? days])
  return {
    product: options.product,
    channels: options.channel ?? [],
    root: countOf(options.rootKeys, options.rootThreshold),
    targets: countOf(options.targetsKeys, options.targetsThreshold),
    isPrivate: options.private,
    lifeDays: Object.fromEntries(lifeDays) as Record<Role, number>,
  }
}

function countOf(keys: number | undefined, threshold = 1): KeyCount {
  return { keys: keys ?? threshold, threshold }
}

function addChannel(text: string, before: ({ channel: string } & KeyCount)[] = []) {
  const [, channel = '', count = '1'] = /^([^:]*)(?::(\d{1,3}))?$/.exec(text) ?? []
  const threshold = Number(count)
  if (channel !== '' && threshold >= 1) return [...before, { channel, keys: threshold, threshold }]
  throw usageError(`--channel '${text}' is not NAME or NAME:THRESHOLD`, 'write it as stable or stable:2')
}

function describe(
  { fleet, keyFiles }: Initialised,
  {
    rootFile,
    keysFolder,
    options,
    isEncrypted,
  }: {
    rootFile: string
    keysFolder: string
    options: InitArguments
    isEncrypted: boolean
  },
): string {
  const offline = [...(keyFiles['root'] ?? []), ...(keyFiles['targets'] ?? [])].map((file) =>
    file.replace(/^keys\//, ''),
  )
  const lines = [
    `fleet  ${fleet}`,
    `root   ${rootFile}  (give this to every device)`,
    `keys   ${keysFolder}  (${isEncrypted ? 'encrypted' : 'NOT encrypted: set SHOAL_PASSPHRASE before init to have them so'})`,
    `       take ${offline.join(', ')} away from this machine: they are needed to change keys and channels alone`,
  ]
  if (keyFiles['enrolment'] !== undefined) lines.push('       enrolment.pem goes to the tracker: it lets members in')
  if ((options.rootThreshold ?? 1) === 1) {
    lines.push('       one root key is enough for trying out; two of three: --root-keys 3 --root-threshold 2')
  }
  return lines.join('\n')
}
