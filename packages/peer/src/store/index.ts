export type { Holding } from './holding.ts'
export type { Staging } from './staging.ts'
export { openStore, type Store } from './store.ts'
