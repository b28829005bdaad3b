import { once } from 'node:events'
import { addExamples, createLog, createOutput, formatBytes, parseHostPort, shutdownSignal } from '@shoal/cli'
import type { Command } from 'commander'
import { SEEDER_EVENTS } from '../events.ts'
import { keepFresh } from '../serve/keep-fresh.ts'
import { startOriginServer } from '../serve/server.ts'
import { addPassphraseOption, readPassphrase, type PassphraseOption } from './passphrase.ts'

interface ServeOptions extends PassphraseOption {
  origin: string
  repo?: string
  listen: { host: string; port: number }
  logLevel: string
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
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent', 'info')
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
  const level = options.quiet === true ? 'error' : options.logLevel
  const log = createLog(SEEDER_EVENTS, { level, name: 'shoal-seeder' })
  const onFailure = (error: unknown): void => log('answer-failed', { error })
  await using server = await startOriginServer({ dir: options.origin, ...options.listen, onFailure })
  output.record('listening', { url: server.url })
  log('listening', { url: server.url, origin: options.origin })
  const { repo } = options
  if (repo !== undefined) {
    const passphrase = await readPassphrase(options)
    await keepFresh({ repository: repo, origin: options.origin, passphrase }, signal, (event) => {
      if ('error' in event) return log('metadata-not-signed', event)
      output.record('refreshed', event)
      log('metadata-signed', event)
    })
  } else if (!signal.aborted) await once(signal, 'abort')
  await server.close()
  const { requests, bytes } = server.stats
  log('stopped', { requests, bytes })
  output.summary({ requests, bytes }, `stopped after ${requests} requests, ${formatBytes(bytes)} sent`)
}
