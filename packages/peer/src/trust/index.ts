export { openTrust, type Resolved, type Trust, type TrustStatus } from './trust.ts'
