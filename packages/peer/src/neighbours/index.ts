export type { Neighbour, NeighbourInfo } from './neighbour.ts'
export { startNeighbours, type Neighbours, type NeighboursConfig } from './neighbours.ts'
