import { createProgram, runProgram } from '@shoal/cli'
import { explain } from './program/explain.ts'
import { addMembersCommands } from './program/members.ts'
import { addDevicesCommands } from './program/devices.ts'
import { addRolloutCommands } from './program/rollout.ts'
import { addRunCommand } from './program/run.ts'
import { addTokenCommands } from './program/token.ts'
import { addWebhookCommands } from './program/webhook.ts'

const program = createProgram('shoal-tracker', 'Introduces the peers of a fleet to each other', '0.1.0')
addRunCommand(program)
addMembersCommands(program)
addRolloutCommands(program)
addDevicesCommands(program)
addTokenCommands(program)
addWebhookCommands(program)
await runProgram(program, process.argv, explain)
