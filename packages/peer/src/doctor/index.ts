export { examine, type Verdict } from './checks.ts'
export { startCheckups } from './checkups.ts'
export type { DoctorFacts } from './facts.ts'
export { gatherFacts } from './gather.ts'
