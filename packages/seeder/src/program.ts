import { addExamples, createProgram } from '@shoal/cli'
import type { Command } from 'commander'
import { addChannel } from './commands/channel.ts'
import { addInit } from './commands/init.ts'
import { addPublish } from './commands/publish.ts'
import { addRefreshTimestamp } from './commands/refresh-timestamp.ts'
import { addRevoke, addRotate } from './commands/rotate.ts'
import { addServe } from './commands/serve.ts'
import { addSign } from './commands/sign.ts'
import { addStage } from './commands/stage.ts'
import { addVerify } from './commands/verify.ts'
import manifest from '../package.json' with { type: 'json' }

export function createSeederProgram(): Command {
  const program = createProgram('shoal-seeder', 'Builds, signs and publishes releases.', manifest.version)
  addInit(program)
  addPublish(program)
  addServe(program)
  addChannel(program)
  addStage(program)
  addSign(program)
  addRefreshTimestamp(program)
  addRotate(program)
  addRevoke(program)
  addVerify(program)
  return addExamples(program, [
    ['keys and the root that peers trust', 'shoal-seeder init --repo ./repo --product game'],
    ['a release', 'shoal-seeder publish ./build --repo ./repo --origin ./origin --channel stable --version 1.0'],
    ['an origin for peers', 'shoal-seeder serve --origin ./origin --listen :8070'],
  ])
}
