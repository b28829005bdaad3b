/** Ends the process when it is in one and the same input for too long. */
import { writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
import { HANG_MS } from './limits.ts'
import { readWatched, type Watched } from './watchdog.ts'

const watched = workerData as Watched
const never = new Int32Array(new SharedArrayBuffer(4))
for (let before = readWatched(watched); ;) {
  Atomics.wait(never, 0, 0, HANG_MS)
  const now = readWatched(watched)
  if (now.input !== undefined && now.round === before.round) {
    writeSync(2, `${now.name}: still reading after ${HANG_MS} ms: ${Buffer.from(now.input).toString('hex')}\n`)
    process.kill(process.pid, 'SIGKILL')
  }
  before = now
}
