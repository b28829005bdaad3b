export { startDiscovery, type Discovery } from './discovery.ts'
export type { FoundBy } from './found.ts'
export { memberServiceTag } from './mdns.ts'
