/** `npm run soak`: a real tracker is killed in the middle of a rollout, as often as wanted, and must have every report once. */
import { parseArgs } from 'node:util'
import { EXIT } from '@shoal/cli'
import { killAndCount, type KillsResult } from './tracker-kills.ts'

const HELP = `usage: npm run soak -- [--devices 200] [--kills 10] [--seed N] [--minutes 15]

A tracker takes a rollout to simulated devices, which report to it over libp2p, and is killed with SIGKILL again and again. Then it is
counted what devices told, and what the tracker has of it. Exit code 1 when a report is missing or counted twice.

  --devices N   of 200 at most; each is a libp2p node in this process
  --kills N     spread over the rollout
  --seed N      decides when it is killed, and which answers are lost
  --minutes N   it has failed when it is not done by then
`
const DEVICES_MAX = 200

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`)
  return EXIT.failure
})

async function main(): Promise<number> {
  const options = read()
  if (typeof options === 'number') return options
  const { devices, kills, seed, minutes } = options
  process.stdout.write(`${devices} devices, ${kills} kills, seed ${seed}\n`)
  const stop = new AbortController()
  // Whatever ends this in order also ends what it started.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => stop.abort(new Error(name)))
  const result = await killAndCount({
    ...{ devices, kills, seed, signal: AbortSignal.any([stop.signal, AbortSignal.timeout(minutes * 60_000)]) },
    onKill: (kill, heard) => process.stdout.write(`kill ${kill}: ${heard} reports heard\n`),
  })
  process.stdout.write(`${describe(result)}\n`)
  const { missing, twice, began, healthy, failed } = result
  const isExact = missing === 0 && twice === 0 && began === devices && healthy === devices && failed === 0
  return isExact ? EXIT.ok : EXIT.failure
}

/** @returns the exit code where there is nothing to do */
function read(): { devices: number; kills: number; seed: number; minutes: number } | number {
  try {
    const { values } = parseArgs({
      options: {
        devices: { type: 'string', default: '200' },
        kills: { type: 'string', default: '10' },
        seed: { type: 'string', default: '1' },
        minutes: { type: 'string', default: '15' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) {
      process.stdout.write(HELP)
      return EXIT.ok
    }
    return {
      devices: Math.min(DEVICES_MAX, readCount(values.devices)),
      kills: readCount(values.kills),
      seed: readCount(values.seed),
      minutes: readCount(values.minutes),
    }
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    return EXIT.usage
  }
}

function readCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${text} is no whole number`)
  return Number(text)
}

function describe({ told, sent, missing, twice, began, healthy, failed, elapsedMs }: KillsResult): string {
  return [
    `${told} reports told by devices, sent ${sent} times: ${missing} missing, ${twice} twice`,
    `rings count ${began} begun, ${healthy} healthy, ${failed} failed`,
    `done in ${(elapsedMs / 1_000).toFixed(0)} s`,
  ].join('\n')
}
