/** The policy as a file of the origin, for devices that reach no tracker. */
import { parsePolicy, POLICY_BYTES_MAX, POLICY_FILE, ReleaseError } from '@shoal/release'
import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readBounded } from '../origin/folder.ts'

/** Undefined when there is none, or none that can be read. */
export async function readPolicyFile(originDir: string): Promise<Uint8Array | undefined> {
  const document = await readBounded(join(originDir, 'tuf', POLICY_FILE), POLICY_BYTES_MAX)
  return document === undefined || versionOf(document) === undefined ? undefined : document
}

/** In one step; one that is newer stays, for another tracker may write there too. */
export async function writePolicyFile(originDir: string, document: Uint8Array): Promise<void> {
  const folder = join(originDir, 'tuf')
  const file = join(folder, POLICY_FILE)
  await mkdir(folder, { recursive: true })
  const there = await readPolicyFile(originDir)
  if (there !== undefined && (versionOf(there) ?? 0) >= (versionOf(document) ?? 0)) return
  const draft = join(folder, `.${POLICY_FILE}-${randomBytes(6).toString('hex')}`)
  try {
    await using handle = await open(draft, 'wx', 0o644)
    await handle.writeFile(document)
    await handle.sync()
    await rename(draft, file)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

function versionOf(document: Uint8Array): number | undefined {
  try {
    return parsePolicy(document).policy.version
  } catch (error) {
    if (error instanceof ReleaseError) return undefined
    throw error
  }
}
