export { movedOf, type Moved } from './moved.ts'
export type { ReportName } from './report-file.ts'
export type { SendReports } from './sender.ts'
export { startReports, type Reports, type ReportsStatus, type Told } from './reports.ts'
