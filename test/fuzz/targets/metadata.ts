/** Metadata, from strangers and from those who hold a key. */
import {
  findRelease,
  METADATA_BYTES_MAX,
  checkMetadata,
  parseMetadata,
  parseTrustedRoot,
  readReleaseTarget,
  refreshMetadata,
  ReleaseError,
  type Kind,
} from '@shoal/release'
import {
  encode,
  KEYS,
  releaseSigned,
  releaseTarget,
  repository,
  rootSigned,
  signedBy,
  targetsSigned,
  type Changes,
  type Map as Signed,
} from '../../trust/author.ts'
import { fromFiles } from '../../trust/from-files.ts'
import { PARSERS, type Parse } from '../../vectors/parsers.ts'
import { readVectors } from '../../vectors/read-vectors.ts'
import { mustHold, type Sample, type Target } from '../target.ts'

const NOW = new Date('2030-01-01T00:00:00Z')
const PATH = 'demo/stable/1.0.0/any.release'

/** A file that was promised and that nobody has. */
class Absent extends Error {}

export const METADATA_TARGETS: Target[] = [
  { name: 'metadata-root', refusals: [ReleaseError], samples: () => documents('root') },
  { name: 'metadata-timestamp', refusals: [ReleaseError], samples: () => documents('timestamp') },
  { name: 'metadata-snapshot', refusals: [ReleaseError], samples: () => documents('snapshot') },
  { name: 'metadata-targets', refusals: [ReleaseError], samples: () => documents('targets') },
  {
    name: 'trusted-root',
    refusals: [ReleaseError],
    samples: () => [
      { bytes: signedBy(rootSigned(), KEYS.root), read: parseTrustedRoot },
      signedAnew(rootSigned(), (root) => parseTrustedRoot(signedBy(root, KEYS.root))),
    ],
  },
  {
    name: 'release-target',
    refusals: [ReleaseError],
    samples: () => [
      { bytes: Buffer.from(PATH), read: (bytes) => readReleaseTarget(Buffer.from(bytes).toString(), target()) },
      signedAnew({ [PATH]: releaseTarget() }, (targets) => inRelease({ targets })),
    ],
  },
  { name: 'refresh', refusals: [ReleaseError], samples: sceneSamples },
  {
    name: 'refresh-signed',
    refusals: [ReleaseError, Absent],
    samples: () => [
      signedAnew(rootSigned(), (root) => refresh({ root })),
      signedAnew(targetsSigned(), (targets) => refresh({ targets })),
      signedAnew(releaseSigned(), (release) => refresh({ release })),
      signedAnew(signedPart('snapshot.json'), (snapshot) => refresh({ snapshot })),
      signedAnew(signedPart('timestamp.json'), (timestamp) => refresh({ timestamp })),
    ],
  },
]

function documents(kind: Kind): Sample[] {
  const read = (bytes: Uint8Array): unknown => {
    const { signed } = parseMetadata(kind, bytes)
    const claims = checkMetadata(kind, bytes, METADATA_BYTES_MAX[kind])
    mustHold(claims.version === signed.version, 'what it claims is what it says')
    mustHold(Number.isFinite(Date.parse(signed.expires)), 'it expires one day')
    return signed
  }
  const own = Object.entries(repository()).filter(([name]) => kindOf(name) === kind)
  const given = readVectors('metadata', 'valid').filter(({ content }) => content['kind'] === kind)
  return [
    ...own.map(([, bytes]) => ({ bytes, read })),
    ...given.map(({ content }) => ({ bytes: Buffer.from(content['text'] as string), read })),
  ]
}

function kindOf(file: string): Kind {
  return (['root', 'timestamp', 'snapshot'] as const).find((kind) => file.endsWith(`${kind}.json`)) ?? 'targets'
}

/** What a key holder may sign: JSON that was changed, and is JSON still. */
function signedAnew(signed: Signed, read: (changed: Signed) => unknown): Sample {
  return {
    bytes: encode(signed),
    read(bytes) {
      const changed = parseJson(bytes)
      return changed === undefined ? undefined : read(changed)
    },
  }
}

function parseJson(bytes: Uint8Array): Signed | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Signed) : undefined
  } catch {
    return undefined
  }
}

function signedPart(name: string): Signed {
  const [, bytes] = Object.entries(repository()).find(([file]) => file.endsWith(name)) ?? []
  return (parseJson(bytes ?? new Uint8Array())?.['signed'] ?? {}) as Signed
}

function target(): Parameters<typeof readReleaseTarget>[1] {
  const { custom, ...file } = releaseTarget() as { length: number; hashes: Record<string, string>; custom: never }
  return { ...file, unrecognizedFields: { custom } }
}

/** The targets of a role as the library hands them on. */
function inRelease(change: Signed): unknown {
  const { targets } = parseMetadata('targets', signedBy(releaseSigned(change), KEYS.release)).signed
  return Object.entries(targets).map(([path, file]) => readReleaseTarget(path, file))
}

async function refresh(changes: Changes): Promise<unknown> {
  const files = repository(changes)
  const stored = { roots: [signedBy(rootSigned(), KEYS.root)], roles: new Map<string, Uint8Array>() }
  const onProblem = (error: unknown): void => {
    throw error
  }
  const sources = fromFiles(files, (file) => {
    if (!(file in files) && !isNewest(file)) throw new Absent(file)
  })
  const refreshed = await refreshMetadata(stored, sources, { now: NOW, onProblem })
  return findRelease(refreshed, { product: 'demo', channel: 'stable', platform: 'any' })
}

/** Files that are asked for without knowing whether there are any. */
function isNewest(file: string): boolean {
  return file.endsWith('root.json') || file === 'timestamp.json'
}

/** Scenes of the vectors, one file changed and its signatures left as they are. */
function sceneSamples(): Sample[] {
  return readVectors('refresh', 'valid').flatMap(({ content }) => {
    const files = content['files'] as Record<string, string>
    return Object.entries(files).map(([name, text]) => ({
      bytes: Buffer.from(text),
      read: (bytes: Uint8Array) =>
        (PARSERS['refresh'] as Parse)({ ...content, files: { ...files, [name]: Buffer.from(bytes).toString() } }),
    }))
  })
}
