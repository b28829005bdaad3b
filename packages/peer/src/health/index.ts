export { checkHealth, type HealthCheck } from './check.ts'
export { runCommand, type CommandOutcome } from './command.ts'
export { soak, type SoakOutcome } from './soak.ts'
