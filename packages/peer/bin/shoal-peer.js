#!/usr/bin/env node
import { launch } from '@shoal/cli/launch'

// Chunks stream through: a small nursery is emptied while they are young, before they count as old and pile up.
// One heap for all threads (glibc): what one of them frees, the next can use.
await launch(import.meta.url, 'main', ['--min-semi-space-size=1', '--max-semi-space-size=1'], { MALLOC_ARENA_MAX: '1' })
