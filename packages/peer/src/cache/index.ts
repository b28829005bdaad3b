export { openCache, type CacheStatus } from './cache.ts'
