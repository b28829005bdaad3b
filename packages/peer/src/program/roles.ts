/** What a peer is: a device installs what it follows, a cache holds it for others. */
import { join, resolve } from 'node:path'
import { usageError } from '@shoal/cli'
import type { Target } from '@shoal/release'
import { readTarget, type Config } from '../config/index.ts'
import type { HealthCheck } from '../health/index.ts'
import type { Peer } from '../peer.ts'
import type { Hooks } from '../rollout/index.ts'

export interface Followed {
  target: Target
  /** Install root, or the folder of the cache. */
  out: string
  hooks: Hooks
  health: HealthCheck | undefined
  /** How long a release must stay healthy where no policy says so. */
  soakSeconds: number
}

export function readFollows(config: Config): Followed[] {
  return config.follow.map((follow) => {
    const { target, platform, out, health, preActivate, activate } = follow
    const runs = health !== undefined || preActivate !== undefined || activate !== undefined
    if (config.role === 'cache' && runs)
      throw usageError(`a cache activates nothing, but ${target} has commands`, 'leave hooks and health out')
    if (config.role === 'cache' && out !== undefined)
      throw usageError(
        `a cache installs nothing, but ${target} has an out`,
        'leave out away; releases are held in cacheDir',
      )
    if (config.role === 'device' && out === undefined)
      throw usageError(`${target} has no out`, 'name the folder that it is installed in')
    return {
      target: readTarget(target, platform),
      out: out === undefined ? cacheFolder(config) : resolve(out),
      hooks: {
        ...(preActivate === undefined ? {} : { preActivate }),
        ...(activate === undefined ? {} : { activate }),
        timeoutMs: follow.hookTimeoutSeconds * 1_000,
      },
      health: health === undefined ? undefined : readHealth(health),
      soakSeconds: health?.soakSeconds ?? 0,
    }
  })
}

function readHealth(health: NonNullable<Config['follow'][number]['health']>): HealthCheck {
  const { command = [], http, intervalSeconds, timeoutSeconds, failures } = health
  return {
    probe: http === undefined ? { kind: 'command', command } : { kind: 'http', url: http },
    intervalMs: intervalSeconds * 1_000,
    timeoutMs: timeoutSeconds * 1_000,
    failuresMax: failures,
  }
}

export function cacheFolder({ cacheDir, stateDir }: Config): string {
  return resolve(cacheDir ?? join(stateDir, 'cache'))
}

/** In a private fleet others believe the credential. */
export function checkRole({ membership }: Peer, role: Config['role']): void {
  const certified = membership?.membership.credential.role
  if (certified === undefined || (certified === 'cache') === (role === 'cache')) return
  throw usageError(
    `this machine was enrolled as ${certified}, and its configuration says role: ${role}`,
    `change the one, or enrol it again: shoal-tracker enroll-token --role ${role}`,
  )
}
