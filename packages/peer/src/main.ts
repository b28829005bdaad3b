import { setFlagsFromString } from 'node:v8'
import { runProgram } from '@shoal/cli'
import { explainPeerError } from './program/explain.ts'
import { createPeerProgram } from './program/program.ts'

// Chunks stream through; a heap that grows to suit them would only hold garbage longer. Costs no measurable speed.
setFlagsFromString('--optimize-for-size')

await runProgram(createPeerProgram(), process.argv, explainPeerError)
