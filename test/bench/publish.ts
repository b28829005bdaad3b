/** How fast a real tree becomes a release in an origin; beside `casync make`, and beside hashing alone. */
import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatBytes } from '@shoal/cli'
import { openGround } from '../constellation/ground.ts'
import type { Published } from '../constellation/origin.ts'
import { machine, ratiosTo, type BenchResult, type Column, type Figures, type Skipped } from './result.ts'
import { isInstalled, runOnce, type Run } from './run-once.ts'
import { buildWorkspaceTree, listFiles, measureTree } from './tree.ts'

const READ_BYTES = 1 << 20
const SEEDER = fileURLToPath(new URL('../../packages/seeder/bin/shoal-seeder.js', import.meta.url))

export const PUBLISH_COLUMNS: readonly Column[] = [
  { title: 'SPEED', key: 'megabytesPerSecond', unit: 'MB/s' },
  { title: 'TIME', key: 'elapsedMs', unit: 'ms' },
  { title: 'CPU', key: 'cpuSeconds', unit: 's' },
  { title: 'CORES', key: 'cores', unit: 'number' },
  { title: 'MEMORY', key: 'peakMemoryBytes', unit: 'bytes' },
  { title: 'STORED', key: 'storedBytes', unit: 'bytes' },
]

/** @param tree folder to publish; without one, the packages of the workspace */
export async function benchPublish(tree: string | undefined, note: (text: string) => void): Promise<BenchResult> {
  const params = machine()
  await using ground = await openGround()
  const source = tree === undefined ? join(ground.dir, 'tree') : resolve(tree)
  if (tree === undefined) await buildWorkspaceTree(source)
  const size = await measureTree(source)
  note(`publishing ${size.files.toLocaleString('en')} files, ${formatBytes(size.bytes)}`)

  // Hashing goes first: it also brings the tree into the page cache, alike for all.
  const ideal = await hashAlone(source)
  const shoal = await publish(source, ground.dir, size.bytes)
  note('the same tree with casync')
  const casync = await makeWithCasync(source, ground.dir, size.bytes)
  return {
    scenario: 'publish',
    params: { ...size, source: tree === undefined ? 'packages of the workspace' : source, ...params },
    shoal,
    casync,
    ideal,
    ratios: { ...ratiosTo('casync', shoal, casync), ...ratiosTo('ideal', shoal, ideal) },
  }
}

async function publish(source: string, dir: string, bytes: number): Promise<Figures> {
  const [repository, origin] = [join(dir, 'repository'), join(dir, 'origin')]
  await mkdir(origin)
  await runOnce(process.execPath, [SEEDER, 'init', '--repo', repository])
  const where = ['--repo', repository, '--origin', origin]
  const what = ['--product', 'bench', '--channel', 'stable', '--version', '1.0', '--json']
  const run = await runOnce(process.execPath, [SEEDER, 'publish', source, ...where, ...what])
  const { uploadedBytes, chunks } = JSON.parse(run.stdout.trimEnd().split('\n').at(-1) ?? '{}') as Published
  return { ...figures(run, bytes), storedBytes: uploadedBytes, chunks }
}

/** The same hash, compression and mean chunk size; modes but no owners or times, as a release has it. */
async function makeWithCasync(source: string, dir: string, bytes: number): Promise<Figures | Skipped> {
  if (!(await isInstalled('casync', ['--version']))) return { skipped: 'casync is not installed' }
  const store = join(dir, 'casync.castr')
  const alike = ['--digest=sha256', '--compression=zstd', '--chunk-size=65536', '--without=all', '--with=unix']
  const run = await runOnce('casync', ['make', ...alike, `--store=${store}`, join(dir, 'casync.caidx'), source])
  return { ...figures(run, bytes), storedBytes: (await measureTree(store)).bytes }
}

async function hashAlone(source: string): Promise<Figures> {
  const startedAt = performance.now()
  const before = process.cpuUsage()
  const buffer = Buffer.allocUnsafe(READ_BYTES)
  let bytes = 0
  for (const file of await listFiles(source)) {
    const hash = createHash('sha256')
    const descriptor = openSync(file, 'r')
    for (let read = -1; read !== 0; bytes += read) {
      read = readSync(descriptor, buffer, 0, READ_BYTES, null)
      hash.update(buffer.subarray(0, read))
    }
    closeSync(descriptor)
    hash.digest()
  }
  const { user, system } = process.cpuUsage(before)
  const elapsedMs = performance.now() - startedAt
  const run = { elapsedMs, cpuSeconds: (user + system) / 1e6, peakMemoryBytes: undefined }
  return { ...figures(run, bytes), what: 'reading and sha256 alone, on one core' }
}

function figures({ elapsedMs, cpuSeconds, peakMemoryBytes }: Omit<Run, 'stdout'>, bytes: number): Figures {
  return {
    megabytesPerSecond: bytes / 1e3 / elapsedMs,
    elapsedMs: Math.round(elapsedMs),
    cpuSeconds,
    cores: cpuSeconds === undefined ? undefined : (cpuSeconds * 1000) / elapsedMs,
    peakMemoryBytes,
  }
}
