/**
 * A peer's trust and no more, to be killed: `node refresh-worker.ts FOLDER ROOT OLD NEW [OPERATION]`. It is offered an old mirror first
 * and says what it has then; from there on it refreshes without a pause, says what it has kept each time, and kills itself before the
 * given operation of the disk.
 */
import { readFile } from 'node:fs/promises'
import process from 'node:process'
import { parseTrustedRoot } from '@shoal/release'
import { createOriginClient } from '../../packages/peer/src/origin/index.ts'
import { watchedDisk } from '../../packages/peer/src/store/fixture/crash-disk.ts'
import { nodeDisk } from '../../packages/peer/src/store/index.ts'
import { openTrust } from '../../packages/peer/src/trust/index.ts'

const TARGET = { product: 'demo', channel: 'stable', platform: 'any' }
const [, , folder = '', root = '', oldUrl = '', newUrl = '', killAt = 'Infinity'] = process.argv
let left = Infinity
const disk = watchedDisk(nodeDisk, (_number, name) => {
  if (--left > 0) return
  process.stdout.write(`killed before ${name}\n`)
  process.kill(process.pid, 'SIGKILL')
})
const trust = await openTrust(folder, parseTrustedRoot(await readFile(root)), { disk, onEvent: () => undefined })

async function refresh(url: string): Promise<number> {
  await using origin = createOriginClient(url)
  const neighbours = { linked: () => [], onLinked: () => () => undefined, ban: () => undefined }
  const signal = AbortSignal.timeout(30_000)
  const { counter } = await trust.resolve(TARGET, { neighbours, origin, expectsNeighbours: false, signal })
  return counter
}

process.stdout.write(`had ${await refresh(oldUrl)}\n`)
left = Number(killAt)
for (;;) process.stdout.write(`kept ${await refresh(newUrl)}\n`)
