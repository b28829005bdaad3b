import { chunkStream, type Chunking } from '@shoal/release'
import { hex } from '../describe.ts'
import { seededBytes, sha256 } from './seeded.ts'
import type { Vector } from './write.ts'

const SMALL: Chunking = { min: 1024, avg: 4096, max: 16384 }
const DEFAULT: Chunking = { min: 16384, avg: 65536, max: 262144 }
const MiB = 1024 * 1024

/** The input is described, not stored: `seed` as in seededBytes, or a byte repeated. */
type Source = { seed: string; length: number } | { byte: number; length: number }

async function cuts(source: Source, chunking: Chunking): Promise<number[]> {
  const bytes =
    'seed' in source ? seededBytes(source.seed, source.length) : new Uint8Array(source.length).fill(source.byte)
  const sizes: number[] = []
  async function* once(): AsyncGenerator<Uint8Array> {
    yield bytes
  }
  for await (const chunk of chunkStream(once(), chunking)) sizes.push(chunk.length)
  return sizes
}

async function valid(name: string, why: string, source: Source, chunking: Chunking): Promise<Vector> {
  return { name, why, source, chunking, expect: { sizes: await cuts(source, chunking) } }
}

const gear = Array.from({ length: 256 }, (_, byte) => hex(sha256(`shoal/gear/v1/${byte}`).subarray(0, 4)))

export async function validChunkings(): Promise<Vector[]> {
  return [
    { name: 'gear', why: 'the gear table', expect: { gear } },
    await valid('default', 'four MiB with the default sizes', { seed: 'default', length: 4 * MiB }, DEFAULT),
    await valid('small', 'smaller chunks', { seed: 'small', length: MiB }, SMALL),
    await valid('zeros', 'a byte repeated never meets the condition', { byte: 0, length: MiB }, DEFAULT),
    await valid('empty', 'no bytes, no chunks', { byte: 0, length: 0 }, DEFAULT),
    await valid('below-min', 'less than min is one chunk', { seed: 'below', length: 16383 }, DEFAULT),
    await valid('exactly-min', 'exactly min is one chunk', { seed: 'exact', length: 16384 }, DEFAULT),
  ]
}

function invalid(name: string, chunking: Chunking): Vector {
  return { name, code: 'CHUNKING_INVALID', rule: name.replace(/--.*/, ''), chunking }
}

export const invalidChunkings: Vector[] = [
  invalid('chunking-size', { min: 1023, avg: 4096, max: 16384 }),
  invalid('chunking-size--large', { min: 1024, avg: 4096, max: MiB + 1 }),
  invalid('chunking-size--fraction', { min: 1024.5, avg: 4096, max: 16384 }),
  invalid('chunking-order', { min: 4096, avg: 4096, max: 16384 }),
  invalid('chunking-order--max', { min: 1024, avg: 16384, max: 4096 }),
  invalid('chunking-average', { min: 1024, avg: 5000, max: 16384 }),
]
