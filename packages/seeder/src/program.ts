import { addExamples, createProgram } from '@shoal/cli'
import type { Command } from 'commander'
import { addInit } from './commands/init.ts'
import { addPublish } from './commands/publish.ts'
import { addServe } from './commands/serve.ts'
import manifest from '../package.json' with { type: 'json' }

export function createSeederProgram(): Command {
  const program = createProgram('shoal-seeder', 'Builds, signs and publishes releases.', manifest.version)
  addInit(program)
  addPublish(program)
  addServe(program)
  return addExamples(program, [
    ['keys and the root that peers trust', 'shoal-seeder init --repo ./repo --product game'],
    ['a release', 'shoal-seeder publish ./build --repo ./repo --origin ./origin --channel stable --version 1.0'],
    ['an origin for peers', 'shoal-seeder serve --origin ./origin --listen :8070'],
  ])
}
