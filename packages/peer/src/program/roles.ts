/** What a peer is: a device installs what it follows, a cache holds it for others. */
import { join, resolve } from 'node:path'
import { usageError } from '@shoal/cli'
import type { Target } from '@shoal/release'
import { readTarget, type Config } from '../config/index.ts'
import type { Peer } from '../peer.ts'

export interface Followed {
  target: Target
  /** Install root, or the folder of the cache. */
  out: string
}

export function readFollows(config: Config): Followed[] {
  return config.follow.map(({ target, platform, out }) => {
    if (config.role === 'cache' && out !== undefined)
      throw usageError(
        `a cache installs nothing, but ${target} has an out`,
        'leave out away; releases are held in cacheDir',
      )
    if (config.role === 'device' && out === undefined)
      throw usageError(`${target} has no out`, 'name the folder that it is installed in')
    return { target: readTarget(target, platform), out: out === undefined ? cacheFolder(config) : resolve(out) }
  })
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
