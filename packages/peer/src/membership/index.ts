export { writeMembership } from './file.ts'
export { keepMembership, type KeptMembership } from './keep.ts'
export { openMembership, type OpenedMembership } from './open.ts'
