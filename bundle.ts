/** Each program as one file, beside what the compiler makes of its package: it starts in a third of the time that its thousand modules take. */
import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { rolldown, type OutputChunk, type Plugin } from 'rolldown'
import { findBundle, type BundleRecord } from './packages/cli/launch.js'

const ROOT = import.meta.dirname
/** What an install writes whenever it changes anything in node_modules. */
const INSTALLED = join(ROOT, 'node_modules/.pnpm/lock.yaml')
/** A program that runs may still load parts of a bundle that has been replaced. */
const BUNDLES_KEPT = 4

/** By package: the program's own module, and those of its threads. */
const PROGRAMS = {
  peer: ['main'],
  seeder: ['main', 'chunking/chunk-worker'],
  tracker: ['main', 'store/sqlite/store-worker'],
}

/** What vitest calls before it starts. Sources that cannot be bundled are for the tests to fail by. */
export async function setup(): Promise<void> {
  try {
    await bundlePrograms()
  } catch (error) {
    process.stderr.write(`programs start from their sources, which cannot be bundled: ${String(error)}\n`)
  }
}

/** Makes what is missing or of other sources than there are now. */
async function bundlePrograms(): Promise<void> {
  for (const [name, modules] of Object.entries(PROGRAMS)) {
    const folder = join(ROOT, 'packages', name)
    if (findBundle(folder) === undefined) await bundle(folder, modules)
  }
}

async function bundle(folder: string, modules: readonly string[]): Promise<void> {
  const beganMs = Date.now()
  const built = await rolldown({
    input: Object.fromEntries(modules.map((module) => [basename(module), join(folder, 'src', `${module}.ts`)])),
    platform: 'node',
    plugins: [requireInside],
  })
  const { output } = await built.generate({ entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' })
  await built.close()
  const chunks = output.filter((part) => part.type === 'chunk')
  const madeOf = await describe(folder, sourcesOf(chunks), beganMs)
  const name = createHash('sha256').update(JSON.stringify(madeOf)).digest('hex').slice(0, 16)
  const bundles = join(folder, 'dist', 'bundle')
  await place(join(bundles, name), chunks)
  const record: BundleRecord = { entry: `bundle/${name}/main.js`, madeOf }
  await replace(join(folder, 'dist', 'bundle.json'), JSON.stringify(record))
  await removeOld(bundles)
}

/** What the sources load by `require` when they first need it comes along, and still runs only then. */
const requireInside: Plugin = {
  name: 'require-inside',
  transform: (code) => code.replace('const require = createRequire(import.meta.url)\n', '\n'),
}

function sourcesOf(chunks: readonly OutputChunk[]): string[] {
  const packages = join(ROOT, 'packages')
  const modules = chunks.flatMap((chunk) => chunk.moduleIds)
  const own = modules.filter((id) => id.startsWith(packages) && !id.includes('node_modules'))
  const described = own.map((id) => join(packages, relative(packages, id).split(sep, 1).join(), 'package.json'))
  return [...new Set([INSTALLED, import.meta.filename, ...described, ...own])].sort()
}

/** @throws when one was changed meanwhile: nobody knows which of it the bundle has */
async function describe(folder: string, files: readonly string[], beganMs: number): Promise<BundleRecord['madeOf']> {
  return await Promise.all(
    files.map(async (file): Promise<BundleRecord['madeOf'][number]> => {
      const { size, mtimeMs, ctimeMs } = await stat(file)
      if (ctimeMs >= beganMs) throw new Error(`${file} was changed meanwhile`)
      return [relative(folder, file), size, mtimeMs]
    }),
  )
}

/** Whole or not at all: programs may start at any time. */
async function place(folder: string, chunks: readonly OutputChunk[]): Promise<void> {
  if (existsSync(folder)) return
  const draft = `${folder}.${randomUUID()}`
  await mkdir(draft, { recursive: true })
  for (const { fileName, code } of chunks) await writeFile(join(draft, fileName), code)
  try {
    await rename(draft, folder)
  } catch (error) {
    await rm(draft, { recursive: true })
    // Another run made the same at the same time.
    if (!existsSync(folder)) throw error
  }
}

async function replace(file: string, content: string): Promise<void> {
  const draft = `${file}.${randomUUID()}`
  await mkdir(dirname(file), { recursive: true })
  await writeFile(draft, content)
  await rename(draft, file)
}

async function removeOld(bundles: string): Promise<void> {
  const names = await readdir(bundles)
  const made = await Promise.all(names.map(async (name) => ({ name, atMs: (await stat(join(bundles, name))).mtimeMs })))
  const old = made.sort((a, b) => b.atMs - a.atMs).slice(BUNDLES_KEPT)
  await Promise.all(old.map(({ name }) => rm(join(bundles, name), { recursive: true, force: true })))
}

if (import.meta.main) await bundlePrograms()
