export { openCache, type Cache, type CacheStatus } from './cache.ts'
