export { openTrust, type Trust, type TrustStatus } from './trust.ts'
