export { createOriginClient } from './client.ts'
export type { OriginClient } from './client.ts'
