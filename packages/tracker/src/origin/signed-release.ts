/** What the origin's metadata says of a release: who signed it, and what it is. Read anew each time, for nothing of it is decided here. */
import {
  BLOCK_BYTES_MAX,
  findPlatforms,
  originPath,
  readOutline,
  ReleaseError,
  signersOf,
  type FoundRelease,
  type Outline,
  type ReleaseId,
  type RoleSigners,
} from '@shoal/release'
import { join } from 'node:path'
import { LIMITS } from '../limits.ts'
import { readBounded, readMetadata } from './folder.ts'

export interface SignedRelease {
  /** Why there is less to say, and what can be done about it. */
  problem?: string
  /** From the root down to the role that speaks for the release; each verified by the one before. */
  roles: RoleSigners[]
  /** In the order of their names. */
  platforms: Platform[]
}

export interface Platform extends Partial<Outline> {
  platform: string
  release: ReleaseId
  counter: number
}

export type ReadSigned = (release: { product: string; channel: string; version: string }) => Promise<SignedRelease>

/**
 * @param root what the fleet trusts
 * @param now epoch ms
 */
export function createSignedReader(config: { originDir: string; root: Uint8Array }, now: () => number): ReadSigned {
  const { originDir, root } = config
  return async (release) => {
    let roles: RoleSigners[] = []
    try {
      const refreshed = await readMetadata(originDir, root, new Date(now()))
      const signers = (...names: string[]): RoleSigners[] =>
        names.flatMap((name) => signersOf(refreshed.set, name) ?? [])
      roles = signers('root', 'targets')
      const found = (await findPlatforms(refreshed, release)).toSorted(byPlatform)
      const [first] = found
      if (first === undefined) return { roles, platforms: [], problem: NOT_THERE }
      const shown = found.slice(0, LIMITS.releasePlatformsMax)
      const platforms = await Promise.all(shown.map((each) => describe(originDir, each)))
      return { roles: first.role === 'targets' ? roles : [...roles, ...signers(first.role)], platforms }
    } catch (error) {
      return { roles, platforms: [], problem: `${problemOf(error)}. ${VERIFY}` }
    }
  }
}

const VERIFY = 'shoal-seeder verify says more.'
const NOT_THERE = 'The origin has no such release: it was not published there, or is so old that others took its place.'

/** What is wrong there is news of the release, like all else that is said of it. */
function problemOf(error: unknown): string {
  if (error instanceof ReleaseError) return `What is at the origin counts for nothing: ${error.message}`
  const { code } = error as NodeJS.ErrnoException
  if (code === undefined) throw error
  return `The origin cannot be read: ${code}`
}

async function describe(originDir: string, { platform, release, counter }: FoundRelease): Promise<Platform> {
  const block = await readBounded(join(originDir, originPath.block(release)), BLOCK_BYTES_MAX)
  return { platform, release, counter, ...(block === undefined ? {} : readOutline(release, block)) }
}

function byPlatform(a: FoundRelease, b: FoundRelease): number {
  return a.platform < b.platform ? -1 : 1
}
