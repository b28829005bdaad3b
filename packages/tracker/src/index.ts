export { TrackerError, type TrackerErrorCode } from './error.ts'
export { startTracker, type Tracker, type TrackerConfig } from './tracker.ts'
