// Writes every vector again: node test/vectors/generate/main.ts && prettier --write test/vectors. The tests read the files that are checked in, so that a
// change of the format shows as a change of the files.

import { invalidChunkings, validChunkings } from './chunking.ts'
import { invalidManifests } from './manifest-invalid.ts'
import { validManifests } from './manifest-valid.ts'
import { invalidNames, validNames } from './names.ts'
import { invalidIndexes, validIndexes } from './pack-index.ts'
import { invalidRoots, invalidStatements, validRoots, validStatements } from './signed.ts'
import { writeVectors } from './write.ts'

writeVectors('chunking', 'valid', await validChunkings())
writeVectors('chunking', 'invalid', invalidChunkings)
writeVectors('manifest', 'valid', validManifests)
writeVectors('manifest', 'invalid', invalidManifests)
writeVectors('names', 'valid', validNames)
writeVectors('names', 'invalid', invalidNames)
writeVectors('pack-index', 'valid', validIndexes)
writeVectors('pack-index', 'invalid', invalidIndexes)
writeVectors('root', 'valid', validRoots)
writeVectors('root', 'invalid', invalidRoots)
writeVectors('statement', 'valid', validStatements)
writeVectors('statement', 'invalid', invalidStatements)
