import { createProgram } from '@shoal/cli'
import type { Command } from 'commander'
import { addControlCommands } from './control.ts'
import { addDoctorCommand } from './doctor.ts'
import { addEnrollCommand } from './enroll.ts'
import { addGetCommand } from './get.ts'
import { addLimitCommand } from './limit.ts'
import { addReportsCommand } from './reports.ts'
import { addRunCommand } from './run.ts'
import { VERSION } from './version.ts'

export function createPeerProgram(): Command {
  const program = createProgram('shoal-peer', 'Fetches releases from neighbours and installs them.', VERSION)
  addGetCommand(program)
  addRunCommand(program)
  addControlCommands(program)
  addLimitCommand(program)
  addDoctorCommand(program)
  addReportsCommand(program)
  addEnrollCommand(program)
  return program
}
