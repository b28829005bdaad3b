export { TrackerError, type TrackerErrorCode } from './error.ts'
export { openConfiguredStore } from './program/store.ts'
export { startTracker, type Tracker, type TrackerConfig } from './tracker.ts'
