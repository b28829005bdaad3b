import { createCipheriv } from 'node:crypto'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A folder of one test's own, gone when the test ends. */
export async function temporaryFolder(): Promise<{ path: (name: string) => string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-seeder-test-'))
  return {
    path: (name) => join(folder, name),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** By path: a file's content, `{ link }`, `{ executable }` or null for an empty folder. */
export type TreeContent = Record<string, string | Uint8Array | { link: string } | { executable: string } | null>

export async function writeTree(root: string, content: TreeContent): Promise<void> {
  await mkdir(root, { recursive: true })
  for (const [path, what] of Object.entries(content)) {
    const place = join(root, path)
    await mkdir(what === null ? place : dirname(place), { recursive: true })
    if (what === null) continue
    if (typeof what === 'string' || what instanceof Uint8Array) await writeFile(place, what)
    else if ('link' in what) await symlink(what.link, place)
    else {
      await writeFile(place, what.executable)
      await chmod(place, 0o755)
    }
  }
}

/** Bytes that do not compress, always the same for a seed. */
export function noise(length: number, seed: number): Uint8Array {
  const key = Buffer.alloc(16)
  key.writeUInt32BE(seed)
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length))
}
