import { parseTrustedRoot, type TrustedRoot } from '@shoal/release'
import { open } from 'node:fs/promises'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'

/** @throws TrackerError ROOT_INVALID, ReleaseError */
export async function readRoot(file: string): Promise<TrustedRoot> {
  await using handle = await open(file, 'r')
  const { size } = await handle.stat()
  if (size > LIMITS.rootBytesMax) {
    throw new TrackerError('ROOT_INVALID', `${file} is too large for a root`, { fix: 'check --root' })
  }
  return parseTrustedRoot(new Uint8Array(await handle.readFile()))
}
