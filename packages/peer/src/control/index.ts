export { askDaemon } from './client.ts'
export { startControl } from './server.ts'
export type { FollowStatus, LimitStatus, PeerStatus } from './status.ts'
