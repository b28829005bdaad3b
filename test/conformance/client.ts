/** One source, and the first problem ends it: what a conformance suite wants to see of the same workflow that peers go through. */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { findTarget, refreshMetadata, type MetadataSources, type Refreshed } from '@shoal/release'

/** The suite has roles larger than a peer takes. */
const CAPS = { root: 512_000, timestamp: 16_384, snapshot: 2_000_000, targets: 5_000_000 } as const
const REQUEST_TIMEOUT_MS = 10_000

type TargetFile = NonNullable<Awaited<ReturnType<typeof findTarget>>>

export async function init(metadataDir: string, root: string): Promise<void> {
  await mkdir(metadataDir, { recursive: true })
  await writeFile(join(metadataDir, 'root.json'), await readFile(root))
}

export async function refresh(metadataDir: string, metadataUrl: string): Promise<Refreshed> {
  // One after the other: of several roots the last one stays.
  let written = Promise.resolve()
  try {
    return await refreshMetadata(await readMetadata(metadataDir), sourcesOf(metadataUrl), {
      now: new Date(),
      caps: CAPS,
      onProblem: (error) => {
        throw error
      },
      onVerified: (role, bytes) => {
        written = written.then(() => keep(join(metadataDir, fileOf(role)), bytes))
      },
    })
  } finally {
    await written
  }
}

export async function downloadTargets(
  metadataDir: string,
  metadataUrl: string,
  names: readonly string[],
  places: { baseUrl: string; folder: string },
): Promise<void> {
  const refreshed = await refresh(metadataDir, metadataUrl)
  for (const name of names) {
    const target = await findTarget(refreshed, name)
    if (target === undefined) throw new Error(`there is no target ${name}`)
    await download(name, target, refreshed.set.root.signed.consistentSnapshot, places)
  }
}

async function download(
  name: string,
  target: TargetFile,
  prefixed: boolean,
  { baseUrl, folder }: { baseUrl: string; folder: string },
): Promise<void> {
  const file = join(folder, encodeURIComponent(name))
  const there = await readFile(file).catch(() => undefined)
  if (there !== undefined && matches(there, target)) return
  const path = prefixed ? join(dirname(name), `${Object.values(target.hashes)[0]}.${name.split('/').at(-1)}`) : name
  const bytes = await get(urlOf(baseUrl, path), target.length)
  if (bytes === undefined || !matches(bytes, target)) throw new Error(`${name} is absent or is not what was signed`)
  await mkdir(folder, { recursive: true })
  await keep(file, bytes)
}

function matches(bytes: Uint8Array, { length, hashes }: TargetFile): boolean {
  const isSame = ([algorithm, hex]: [string, string]): boolean =>
    createHash(algorithm).update(bytes).digest('hex') === hex
  return bytes.length === length && Object.entries(hashes).length > 0 && Object.entries(hashes).every(isSame)
}

async function readMetadata(metadataDir: string): Promise<Parameters<typeof refreshMetadata>[0]> {
  const roles = new Map<string, Uint8Array>()
  for (const file of await readdir(metadataDir)) {
    const role = decodeURIComponent(file.replace(/\.json$/, ''))
    if (file.endsWith('.json')) roles.set(role, await readFile(join(metadataDir, file)))
  }
  const root = roles.get('root')
  return { roots: root === undefined ? [] : [root], roles }
}

function sourcesOf(metadataUrl: string): MetadataSources {
  return {
    async gather(file, bytesMax) {
      const bytes = await get(urlOf(metadataUrl, file), bytesMax)
      return bytes === undefined ? [] : [bytes]
    },
    async fetch(file, bytesMax, accept) {
      const bytes = await get(urlOf(metadataUrl, file), bytesMax)
      if (bytes === undefined) throw new Error(`${file} is absent`)
      accept(bytes)
    },
  }
}

/** Undefined when it is absent. */
async function get(url: string, bytesMax: number): Promise<Uint8Array | undefined> {
  const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })
  if (response.status === 403 || response.status === 404) return undefined
  if (!response.ok || response.body === null) throw new Error(`${url} answered ${response.status}`)
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body as AsyncIterable<Uint8Array>) {
    size += part.length
    if (size > bytesMax) throw new Error(`${url} is longer than ${bytesMax} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function urlOf(base: string, path: string): string {
  return `${base.replace(/\/$/, '')}/${path}`
}

function fileOf(role: string): string {
  return `${encodeURIComponent(role)}.json`
}

/** Whole or not at all. */
async function keep(file: string, bytes: Uint8Array): Promise<void> {
  const aside = `${file}.${process.pid}.tmp`
  await writeFile(aside, bytes)
  await rename(aside, file)
}
