/** A repository and the origin server that offers what it publishes. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Ground } from './ground.ts'
import { HERE, type Place } from './place.ts'
import type { Program } from './process.ts'

export interface Origin {
  readonly url: string
  /** The fleet's root.json: what peers trust. */
  readonly root: string
  readonly repository: string
  /** What the server serves. */
  readonly dir: string
  readonly server: Program<OriginRecords>
  /** Publishes a folder as a version of the constellation's target. */
  publish(version: string, source: string): Promise<Published>
}

interface OriginRecords {
  listening: { url: string }
  summary: { requests: number; bytes: number }
}

/** The summary of a publish. */
export interface Published {
  release: string
  version: string
  files: number
  bytes: number
  chunks: number
  newChunks: number
  newBytes: number
  uploadedBytes: number
  packs: number
  reusedShare: number
  elapsedMs: number
}

const START_TIMEOUT_MS = 30_000

export async function startOrigin(
  ground: Ground,
  target: { product: string; channel: string },
  at: Place = HERE,
): Promise<Origin> {
  const repository = join(ground.dir, 'repository')
  const dir = join(ground.dir, 'origin')
  await mkdir(dir)
  const serve = ['serve', '--origin', dir, '--listen', `${at.address}:0`, '--json']
  const server = ground.start<OriginRecords>('seeder', 'origin', serve, at)
  const [{ url }, { root }] = await Promise.all([
    server.until('listening', { timeoutMs: START_TIMEOUT_MS }),
    ground.run<{ root: string }>('seeder', 'init', ['init', '--repo', repository, '--json']),
  ])
  return {
    url,
    root,
    repository,
    dir,
    server,
    publish: (version, source) => {
      const what = ['--product', target.product, '--channel', target.channel, '--version', version]
      const where = ['--repo', repository, '--origin', dir]
      return ground.run<Published>('seeder', `publish-${version}`, ['publish', source, ...what, ...where, '--json'])
    },
  }
}
