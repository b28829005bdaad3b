export { resolveRelease, signedName, type Resolved } from './resolve.ts'
