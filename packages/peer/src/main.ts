import { runProgram } from '@shoal/cli'
import { explainPeerError } from './program/explain.ts'
import { createPeerProgram } from './program/program.ts'

await runProgram(createPeerProgram(), process.argv, explainPeerError)
