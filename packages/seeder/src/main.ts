import { setFlagsFromString } from 'node:v8'
import { runProgram } from '@shoal/cli'
import { explainError } from './explain.ts'
import { createSeederProgram } from './program.ts'

// V8 would let its heap grow by a hundred megabytes of garbage when a tree has many files. This costs no measurable time.
setFlagsFromString('--optimize-for-size')

await runProgram(createSeederProgram(), process.argv, explainError)
