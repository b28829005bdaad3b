export { askDaemon } from './client.ts'
export { startControl } from './server.ts'
export type { FollowStatus, PeerStatus } from './status.ts'
