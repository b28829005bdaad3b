#!/usr/bin/env node
import { launch } from '@shoal/cli/launch'

// Chunks stream through: a small nursery is emptied while they are young, before they count as old and pile up.
// What became old all the same is collected once a third has come to what is in use, and not at twice that and more; the program
// itself is 40 MB, and until half as much has come to it, nothing need be looked for.
// One heap for all threads (glibc): what one of them frees, the next can use.
const flags = [
  '--min-semi-space-size=1',
  '--max-semi-space-size=1',
  '--memory-saver-mode',
  '--initial-old-space-size=60',
]
await launch(import.meta.url, 'main', flags, { MALLOC_ARENA_MAX: '1' })
