export { resolveRelease } from './resolve.ts'
