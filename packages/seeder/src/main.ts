import { runProgram } from '@shoal/cli'
import { explainError } from './explain.ts'
import { createSeederProgram } from './program.ts'

await runProgram(createSeederProgram(), process.argv, explainError)
