import { once } from 'node:events'
import { addExamples, createOutput, formatBytes, parseHostPort, shutdownSignal } from '@shoal/cli'
import type { Command } from 'commander'
import { keepFresh } from '../serve/keep-fresh.ts'
import { startOriginServer } from '../serve/server.ts'
import { addPassphraseOption, readPassphrase, type PassphraseOption } from './passphrase.ts'

interface ServeOptions extends PassphraseOption {
  origin: string
  repo?: string
  listen: { host: string; port: number }
  json?: boolean
  quiet?: boolean
}

export function addServe(program: Command): void {
  const command = program
    .command('serve')
    .description('serve an origin over HTTP: ranges, caching, GET and HEAD only')
    .requiredOption('--origin <dir>', 'folder of the origin')
    .option(
      '--listen <host:port>',
      'address to listen on; port 0 takes a free one',
      parseHostPort,
      parseHostPort('127.0.0.1:8070'),
    )
    .option('--repo <dir>', 'keep the metadata fresh with the online keys of this repository')
  addPassphraseOption(command)
    .option('--json', 'print JSON records: listening, then summary')
    .action(async () => {
      await run(command.optsWithGlobals<ServeOptions>())
    })
  addExamples(command, [
    ['to this machine', 'shoal-seeder serve --origin ./origin --listen 127.0.0.1:8070'],
    ['to everyone', 'shoal-seeder serve --origin ./origin --listen :8070'],
    ['and sign timestamps in time', 'shoal-seeder serve --origin ./origin --listen :8070 --repo ./repo'],
  ])
}

async function run(options: ServeOptions): Promise<void> {
  const output = createOutput(options)
  const signal = shutdownSignal()
  await using server = await startOriginServer({ dir: options.origin, ...options.listen })
  output.record('listening', { url: server.url })
  output.note(`serving ${options.origin} at ${server.url}  (stop with Ctrl-C)`)
  const { repo } = options
  if (repo !== undefined) {
    const passphrase = await readPassphrase(options)
    await keepFresh({ repository: repo, origin: options.origin, passphrase }, signal, (event) => {
      if ('signed' in event) output.record('refreshed', event)
      else output.note(`warn    the metadata is not refreshed: ${event.message}`)
    })
  } else if (!signal.aborted) await once(signal, 'abort')
  await server.close()
  const { requests, bytes } = server.stats
  output.summary({ requests, bytes }, `stopped after ${requests} requests, ${formatBytes(bytes)} sent`)
}
