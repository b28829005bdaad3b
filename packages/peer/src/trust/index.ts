export { newestOf, openTrust, type Offered, type Trust, type TrustStatus } from './trust.ts'
