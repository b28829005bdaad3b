export { PeerError, type PeerErrorCode } from './error.ts'
export { LIMITS } from './limits.ts'
export {
  applyEvent,
  bitmapBytes,
  createSwarm,
  DEFAULT_POLICY,
  explainWaiting,
  isComplete,
  ORIGIN,
  planRequests,
  type Decision,
  type Reason,
  type Source,
  type SwarmEvent,
  type SwarmPolicy,
  type SwarmState,
  type Waiting,
} from './swarm/index.ts'
