/** The built dashboard, held in memory and compressed once: a few files that never change while the tracker runs. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'

export interface Asset {
  type: string
  bytes: Buffer
  /** Absent where it would save nothing. */
  gzipped?: Buffer
  /** Its name tells its content. */
  isImmutable: boolean
}

/** By path below the root of the server, such as `/index.html`. */
export type Dashboard = ReadonlyMap<string, Asset>

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Where `npm run dashboard` puts it. */
export function dashboardFolder(): string {
  return fileURLToPath(new URL('dist', import.meta.resolve('@shoal/dashboard/package.json')))
}

/** Undefined when it was not built. @throws TrackerError CONFIG_INVALID when it is no dashboard */
export async function loadDashboard(folder: string): Promise<Dashboard | undefined> {
  const names = await listFiles(folder)
  if (!names.includes('index.html')) return undefined
  if (names.length > LIMITS.dashboardFilesMax) throw notOne(folder)
  const assets = new Map<string, Asset>()
  let left: number = LIMITS.dashboardBytesMax
  for (const name of names) {
    const file = join(folder, name)
    left -= (await stat(file)).size
    if (left < 0) throw notOne(folder)
    assets.set(`/${name.replaceAll(sep, '/')}`, await readAsset(file, name))
  }
  return assets
}

async function readAsset(file: string, name: string): Promise<Asset> {
  const bytes = await readFile(file)
  const gzipped = await promisify(gzip)(bytes, { level: 9 })
  const type = TYPES[extname(name)] ?? 'application/octet-stream'
  const facts = { type, bytes, isImmutable: name.startsWith(`assets${sep}`) }
  return gzipped.length < bytes.length ? { ...facts, gzipped } : facts
}

async function listFiles(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function notOne(folder: string): TrackerError {
  return new TrackerError('CONFIG_INVALID', `${folder} is larger than a dashboard is`, {
    fix: 'build it anew: npm run dashboard',
  })
}
