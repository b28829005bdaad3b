export { checkHealth, type HealthCheck } from './check.ts'
export { runCommand, type CommandOutcome } from './command.ts'
export { soak } from './soak.ts'
