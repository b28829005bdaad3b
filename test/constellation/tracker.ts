import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Ground } from './ground.ts'
import { HERE, type Place } from './place.ts'
import type { Program } from './process.ts'

/** A running tracker; its addresses serve as DHT bootstrap, too. */
export interface Tracker {
  readonly peerId: string
  /** Multiaddrs, each with /p2p/. */
  readonly addresses: readonly string[]
  /** Base URL of the API, the dashboard, /livez, /readyz and /metrics. */
  readonly http: string
  /** Where it keeps what, when it does rollouts. */
  readonly rollouts?: Rollouts
  readonly program: Program<TrackerRecords>
}

export interface Rollouts {
  readonly stateDir: string
  /** PEM; its public half still has to be made the channel's. */
  readonly policyKey: string
}

interface TrackerRecords {
  listening: { peerId: string; addresses: string[]; http: string }
}

const START_TIMEOUT_MS = 30_000

export interface TrackerOptions {
  at?: Place | undefined
  /** Folder of the origin that gets the policy, when it shall do rollouts. */
  policyOut?: string | undefined
}

export async function startTracker(
  ground: Ground,
  root: string,
  { at = HERE, policyOut }: TrackerOptions = {},
): Promise<Tracker> {
  const listen = ['--listen', `/ip4/${at.address}/tcp/0`, '--http', '127.0.0.1:0']
  const office = policyOut === undefined ? undefined : await prepareRollouts(ground, policyOut)
  const args = ['run', '--root', root, ...(office?.args ?? []), ...listen, '--log-level', 'warn', '--json']
  const program = ground.start<TrackerRecords>('tracker', 'tracker', args, at)
  const { peerId, addresses, http } = await program.until('listening', { timeoutMs: START_TIMEOUT_MS })
  return { peerId, addresses, http, program, ...(office === undefined ? {} : { rollouts: office.rollouts }) }
}

async function prepareRollouts(ground: Ground, policyOut: string): Promise<{ args: string[]; rollouts: Rollouts }> {
  const rollouts = { stateDir: join(ground.dir, 'tracker'), policyKey: join(ground.dir, 'policy.pem') }
  const { privateKey } = generateKeyPairSync('ed25519')
  await writeFile(rollouts.policyKey, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  const { stateDir, policyKey } = rollouts
  return { rollouts, args: ['--state-dir', stateDir, '--policy-key', policyKey, '--policy-out', policyOut] }
}
