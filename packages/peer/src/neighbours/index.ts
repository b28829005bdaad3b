export type { FoundBy } from './candidates.ts'
export type { Neighbour, NeighbourInfo } from './neighbour.ts'
export { startNeighbours, type Neighbours, type ReleaseWatcher } from './neighbours.ts'
