export { startDiscovery, type Discovery, type DiscoveryConfig } from './discovery.ts'
export type { Found, FoundBy } from './found.ts'
