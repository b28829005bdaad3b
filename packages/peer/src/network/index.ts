export { asPeerError } from './failure.ts'
export { loadIdentity } from './identity.ts'
export { startNode, stopNode } from './node.ts'
