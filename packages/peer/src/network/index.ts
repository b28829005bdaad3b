export { loadIdentity, newIdentity } from './identity.ts'
export { startNode, stopNode, type NetworkConfig } from './node.ts'
