/** The repository's own copy of the metadata: what an origin lost can be put there again, and what is made offline waits here. */
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { METADATA_BYTES_MAX, metadataFile, ReleaseError } from '@shoal/release'
import { SeederError } from '../error.ts'
import { isSignedBy, releaseAuthority, rootAuthority } from '../metadata/authority.ts'
import {
  decodeDocument,
  isTopRole,
  type AnySigned,
  type Document,
  type RootSigned,
  type TargetsSigned,
} from '../metadata/document.ts'
import { MetadataSet } from '../metadata/set.ts'
import { readIfThere, writeWhole } from './files.ts'
import { METADATA_FOLDER, PENDING_FOLDER, ROOT_FILE } from './layout.ts'

const FILE = /^(?:(?<version>[1-9]\d{0,15})\.)?(?<role>[A-Za-z0-9][A-Za-z0-9._-]*)\.json$/

/**
 * Reads the newest version of each role. Every one must have been signed by its keys at some time, or the copy was tampered with,
 * and signing on top of it would make it good.
 * @throws SeederError REPOSITORY_INVALID
 */
export async function readStored(folder: string): Promise<MetadataSet> {
  const metadata = join(folder, METADATA_FOLDER)
  const versions = await listVersions(metadata)
  const roots = await readRoots(metadata, Math.max(0, ...(versions.get('root') ?? [])))
  const history: Document<TargetsSigned>[] = []
  for (const version of versions.get('targets') ?? []) {
    history.push(await readDocument<TargetsSigned>(join(metadata, metadataFile('targets', version)), 'targets'))
  }
  let set = new MetadataSet({ roots })
  for (const [role, numbers] of versions) {
    if (role === 'root') continue
    const version = Math.max(...numbers)
    const file = join(metadata, metadataFile(role, version === 0 ? undefined : version))
    const document = await readDocument(file, kindOf(role))
    const authorities = isTopRole(role)
      ? roots.map(({ signed }) => rootAuthority(signed, role))
      : history.map(({ signed }) => releaseAuthority(signed, role))
    if (!authorities.some((authority) => isSignedBy(document, authority))) {
      throw new SeederError('REPOSITORY_INVALID', `${file} is not signed by the keys of ${role}`)
    }
    set = set.with(role, document)
  }
  return set
}

/** Of each role the versions that are kept; 0 for a file without one. */
async function listVersions(metadata: string): Promise<Map<string, number[]>> {
  const versions = new Map<string, number[]>()
  for (const name of await readdir(metadata)) {
    const { version, role } = FILE.exec(name)?.groups ?? {}
    if (role !== undefined) versions.set(role, [...(versions.get(role) ?? []), Number(version ?? 0)])
  }
  return versions
}

/** Keeps what is new; of release roles and snapshots only the newest version stays. */
export async function saveStored(folder: string, before: MetadataSet, now: MetadataSet): Promise<void> {
  for (const root of now.roots.slice(before.roots.length)) await save(folder, 'root', root)
  for (const role of ['targets', ...now.releases.keys(), 'snapshot', 'timestamp']) {
    const document = now.get(role)
    const old = before.get(role)
    if (document === undefined || document === old) continue
    await save(folder, role, document)
    const isReplaced = old !== undefined && old.signed.version < document.signed.version
    if (isReplaced && role !== 'targets' && role !== 'timestamp') await rm(fileOf(folder, role, old), { force: true })
  }
  // Last: a folder that has it is a whole repository.
  if (now.roots.at(-1) !== before.roots.at(-1)) await writeWhole(join(folder, ROOT_FILE), now.root.bytes)
}

/** Metadata that too few keys signed so far. It has the form of any metadata, so that it can be signed elsewhere. */
export async function readPending(folder: string, role: string): Promise<Document | undefined> {
  const file = pendingFile(folder, role)
  const bytes = await readIfThere(file, METADATA_BYTES_MAX.targets)
  return bytes === undefined ? undefined : decodeAs(file, kindOf(role), bytes)
}

export async function savePending(folder: string, role: string, document: Document): Promise<void> {
  await mkdir(join(folder, PENDING_FOLDER), { recursive: true })
  await writeWhole(pendingFile(folder, role), document.bytes)
}

export async function removePending(folder: string, role: string): Promise<void> {
  await rm(pendingFile(folder, role), { force: true })
}

export function pendingFile(folder: string, role: string): string {
  return join(folder, PENDING_FOLDER, metadataFile(role))
}

function kindOf(role: string): AnySigned['_type'] {
  return role === 'root' || role === 'snapshot' || role === 'timestamp' ? role : 'targets'
}

async function save(folder: string, role: string, document: Document): Promise<void> {
  await writeWhole(fileOf(folder, role, document), document.bytes)
}

function fileOf(folder: string, role: string, { signed }: Document): string {
  return join(folder, METADATA_FOLDER, metadataFile(role, role === 'timestamp' ? undefined : signed.version))
}

/** Each one must be vouched for by the one before, or the repository was tampered with. */
async function readRoots(metadata: string, count: number): Promise<Document<RootSigned>[]> {
  const roots: Document<RootSigned>[] = []
  for (let version = 1; version <= count; version++) {
    const file = join(metadata, metadataFile('root', version))
    const root = await readDocument<RootSigned>(file, 'root')
    const vouching = [root, ...roots.slice(-1)].map(({ signed }) => rootAuthority(signed, 'root'))
    if (root.signed.version !== version || !vouching.every((authority) => isSignedBy(root, authority))) {
      throw new SeederError('REPOSITORY_INVALID', `${file} is not signed by the keys of root`)
    }
    roots.push(root)
  }
  if (roots.length === 0) throw new SeederError('REPOSITORY_INVALID', `${metadata} holds no root`)
  return roots
}

async function readDocument<S extends AnySigned>(file: string, kind: S['_type']): Promise<Document<S>> {
  const bytes = await readIfThere(file, METADATA_BYTES_MAX[kind])
  if (bytes === undefined) throw new SeederError('REPOSITORY_INVALID', `${file} is missing`)
  return decodeAs<S>(file, kind, bytes)
}

function decodeAs<S extends AnySigned>(file: string, kind: S['_type'], bytes: Uint8Array): Document<S> {
  try {
    return decodeDocument<S>(kind, bytes)
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error
    throw new SeederError('REPOSITORY_INVALID', `${file}: ${error.message}`, { cause: error })
  }
}
