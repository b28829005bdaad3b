// The key that a node is known by. Losing it makes the node a stranger, so a file that cannot be read is never replaced.
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { randomUUID } from 'node:crypto'
import { link, mkdir, open, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'

/** Reads an ed25519 key (libp2p's protobuf form), or makes one, mode 0600, when there is no such file. */
export async function loadIdentity(file: string): Promise<PrivateKey> {
  const path = resolve(file)
  const existing = await readKeyFile(path)
  if (existing !== undefined) return parseKey(existing, path)
  await createKeyFile(path)
  const created = await readKeyFile(path)
  if (created === undefined) throw invalid(path, 'vanished while it was made')
  return parseKey(created, path)
}

export async function newIdentity(): Promise<PrivateKey> {
  return generateKeyPair('Ed25519')
}

async function readKeyFile(path: string): Promise<Uint8Array | undefined> {
  try {
    await using handle = await open(path, 'r')
    const { size, mode } = await handle.stat()
    if (size > LIMITS.identityBytesMax) throw invalid(path, `is ${size} bytes long and not a key`)
    if ((mode & 0o077) !== 0) throw invalid(path, 'can be read by others', `chmod 600 ${path}`)
    return await handle.readFile()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Whole or not at all, and never over a key that another process made at the same moment. */
async function createKeyFile(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    {
      await using handle = await open(temporary, 'wx', 0o600)
      await handle.writeFile(privateKeyToProtobuf(await newIdentity()))
      await handle.sync()
    }
    await link(temporary, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(temporary, { force: true })
  }
}

function parseKey(bytes: Uint8Array, path: string): PrivateKey {
  let key: PrivateKey
  try {
    key = privateKeyFromProtobuf(bytes)
  } catch (cause) {
    throw invalid(path, 'does not hold a key', undefined, cause)
  }
  if (key.type !== 'Ed25519') throw invalid(path, `holds a key of type ${key.type}, not Ed25519`)
  return key
}

function invalid(path: string, what: string, fix?: string, cause?: unknown): TrackerError {
  return new TrackerError('IDENTITY_INVALID', `the identity file ${path} ${what}`, {
    fix: fix ?? `restore ${path} from a backup, or delete it to get a new identity`,
    cause,
  })
}
