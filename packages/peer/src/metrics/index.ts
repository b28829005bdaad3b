export { createPeerMetrics, type PeerMetrics } from './metrics.ts'
export { serveMonitoring } from './serve.ts'
