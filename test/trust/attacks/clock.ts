/** Machines whose clocks show what a test wants. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Failure, Installed } from '../../constellation/peer-records.ts'
import { startProgram } from '../../constellation/process.ts'
import type { Scene } from './scene.ts'

export const DAY_MS = 86_400_000

const SKEW = fileURLToPath(new URL('skewed-clock.ts', import.meta.url))
const MAIN = fileURLToPath(new URL('../../../packages/peer/src/main.ts', import.meta.url))

/** `get` on a machine of the scene whose clock shows this time, without neighbours. */
export async function getAt(
  { ground, root }: Scene,
  name: string,
  clockMs: number,
  origin: string,
): Promise<{ summary?: Installed; error?: Failure }> {
  const out = join(ground.dir, 'peers', name, 'out')
  const where = ['--root', root, '--out', out, '--origin', origin, '--json']
  const alone = ['--listen', '/ip4/127.0.0.1/tcp/0', '--no-mdns', '--no-dht']
  await using program = startProgram<{ summary: Installed; error: Failure }>({
    name,
    args: ['--import', SKEW, MAIN, 'get', 'demo@stable', ...where, ...alone],
    env: { ...process.env, CLOCK_SKEW_MS: String(clockMs - Date.now()) },
    logFile: join(ground.logs, `${name}.log`),
  })
  await program.exited
  const [summary, error] = [program.latest('summary'), program.latest('error')]
  return { ...(summary && { summary }), ...(error && { error }) }
}

/** A time as metadata has it. */
export function inSeconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}
