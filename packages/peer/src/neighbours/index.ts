export type { Neighbour, NeighbourInfo } from './neighbour.ts'
export { startNeighbours, type Neighbours } from './neighbours.ts'
