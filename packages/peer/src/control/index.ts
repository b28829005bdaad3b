export { askDaemon, askForFacts, askForReports } from './client.ts'
export type { ReportList } from './report-order.ts'
export { startControl } from './server.ts'
export type { FollowStatus, LimitStatus, PeerStatus } from './status.ts'
