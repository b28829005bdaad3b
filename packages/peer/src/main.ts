import { setFlagsFromString } from 'node:v8'
import { runProgram } from '@shoal/cli'
import { explainPeerError } from './program/explain.ts'
import { createPeerProgram } from './program/program.ts'

// V8 lets its nursery grow by tens of megabytes while chunks stream through. It does as well with a small one.
setFlagsFromString('--semi-space-growth-factor=1')

await runProgram(createPeerProgram(), process.argv, explainPeerError)
