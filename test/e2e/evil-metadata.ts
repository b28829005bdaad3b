/** What a neighbour that lies about metadata answers for a file of it. The honest files are those of an origin's folder. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { METADATA_BYTES_MAX, originPath, POLICY_FILE } from '@shoal/release'
import { canonical, encode, EXPIRES, KEYS, type Json } from '../trust/author.ts'

export type MetadataEvil =
  /** Has bytes for every file, and none of them are metadata. */
  | 'garbage-metadata'
  /** Has the newest timestamp, and for what it stands for bytes that are no metadata. */
  | 'garbage-roles'
  /** Sends more than any file may have. */
  | 'endless-metadata'
  /** Signs what claims to be newer with a key of its own. */
  | 'forged-metadata'
  /** Has the newest timestamp, and nothing of what it stands for. */
  | 'withheld-metadata'
  /** Takes requests for metadata, and never answers. */
  | 'stall-metadata'

export interface MetadataAnswer {
  isDeed: boolean
  /** Undefined when it says that it has no such file; `silence` when it says nothing. */
  bytes: Uint8Array | 'silence' | undefined
}

export async function answerMetadata(evil: string, origin: string, file: string): Promise<MetadataAnswer> {
  const honest = await honestFile(origin, file)
  const isOfRole = file !== 'timestamp.json' && file !== POLICY_FILE && !isRoot(file)
  const deed = (bytes: MetadataAnswer['bytes']): MetadataAnswer => ({ isDeed: true, bytes })
  switch (evil as MetadataEvil) {
    case 'garbage-metadata':
      return deed(Buffer.from('not metadata'))
    case 'garbage-roles':
      return isOfRole ? deed(Buffer.from('not metadata')) : { isDeed: false, bytes: honest }
    case 'endless-metadata':
      return deed(Buffer.alloc(Math.max(...Object.values(METADATA_BYTES_MAX)) + 1, ' '))
    case 'forged-metadata':
      return deed(await forge(origin, file))
    case 'withheld-metadata':
      return isOfRole ? deed(undefined) : { isDeed: false, bytes: honest }
    case 'stall-metadata':
      return deed('silence')
    default:
      return { isDeed: false, bytes: honest }
  }
}

async function honestFile(origin: string, file: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(join(origin, originPath.metadata(file)))
  } catch {
    return undefined
  }
}

function isRoot(file: string): boolean {
  return /^\d+\.root\.json$/.test(file)
}

/** The honest file, valid for longer and of the version that is asked for or of a higher one, under the ids of the honest keys. */
async function forge(origin: string, file: string): Promise<Uint8Array | undefined> {
  const honest = await honestFile(origin, isRoot(file) ? '1.root.json' : file)
  if (honest === undefined) return undefined
  const document = JSON.parse(Buffer.from(honest).toString('utf8')) as {
    signed: Record<string, Json>
    signatures: { keyid: string }[]
  }
  const version = file === 'timestamp.json' ? Number(document.signed['version']) + 1_000 : Number.parseInt(file, 10)
  const signed = { ...document.signed, version, expires: EXPIRES }
  const sig = KEYS.stranger.sign(Buffer.from(canonical(signed)))
  return encode({ signatures: document.signatures.map(({ keyid }) => ({ keyid, sig })), signed })
}
