// Writes every vector again: node test/vectors/generate/main.ts && prettier --write test/vectors. The tests read the files that are checked in, so that a
// change of the format shows as a change of the files.

import { invalidChunkings, validChunkings } from './chunking.ts'
import { invalidManifests } from './manifest-invalid.ts'
import { validManifests } from './manifest-valid.ts'
import { invalidCredentials, invalidRevocations, validCredentials, validRevocations } from './membership.ts'
import { invalidNames, validNames } from './names.ts'
import { invalidIndexes, validIndexes } from './pack-index.ts'
import { invalidPolicies, invalidReports, validPolicies, validReports } from './rollout.ts'
import {
  invalidMetadata,
  invalidRefreshes,
  invalidRoots,
  invalidTargets,
  validMetadata,
  validRefreshes,
  validRoots,
  validTargets,
} from './tuf.ts'
import { writeVectors } from './write.ts'

writeVectors('chunking', 'valid', await validChunkings())
writeVectors('chunking', 'invalid', invalidChunkings)
writeVectors('credential', 'valid', validCredentials)
writeVectors('credential', 'invalid', invalidCredentials)
writeVectors('revocations', 'valid', validRevocations)
writeVectors('revocations', 'invalid', invalidRevocations)
writeVectors('manifest', 'valid', validManifests)
writeVectors('manifest', 'invalid', invalidManifests)
writeVectors('names', 'valid', validNames)
writeVectors('names', 'invalid', invalidNames)
writeVectors('pack-index', 'valid', validIndexes)
writeVectors('pack-index', 'invalid', invalidIndexes)
writeVectors('root', 'valid', validRoots)
writeVectors('root', 'invalid', invalidRoots)
writeVectors('metadata', 'valid', validMetadata)
writeVectors('metadata', 'invalid', invalidMetadata)
writeVectors('target', 'valid', validTargets)
writeVectors('target', 'invalid', invalidTargets)
writeVectors('refresh', 'valid', validRefreshes)
writeVectors('refresh', 'invalid', invalidRefreshes)
writeVectors('policy', 'valid', validPolicies)
writeVectors('policy', 'invalid', invalidPolicies)
writeVectors('report', 'valid', validReports)
writeVectors('report', 'invalid', invalidReports)
