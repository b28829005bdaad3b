export { formatRate, parseRate } from './rate.ts'
export { configSchema, defaultStateDir, type Config } from './schema.ts'
export { readAddresses, readSite, readTarget, readTrustedRoot } from './settings.ts'
