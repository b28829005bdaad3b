// Valid bytes with small changes. A parser either takes them, and then they are the one encoding of what it read, or throws a
// ReleaseError; nothing else, and soon. SHOAL_FUZZ_SEED repeats a run, SHOAL_FUZZ_ROUNDS lengthens it.

import { expect, test } from 'vitest'
import {
  createSigner,
  parseBlockId,
  parseMetadata,
  parseTrustedRoot,
  ReleaseError,
  signCredential,
  signRevocations,
  verifyCredential,
  verifyRevocations,
  type Kind,
} from '@shoal/release'
import { seededBytes, sha256 } from './generate/seeded.ts'
import { encode, join } from './generate/cbor.ts'
import { createRandom, mutate, type Random } from './mutate.ts'
import { PARSERS, type Parse } from './parsers.ts'
import { readVectors } from './read-vectors.ts'
import { replaceBlock, type Release } from './relink.ts'

const SEED = Number(process.env['SHOAL_FUZZ_SEED'] ?? Date.now() % 1_000_000)
const ROUNDS = Number(process.env['SHOAL_FUZZ_ROUNDS'] ?? 1500)
const SLOW_MS = 2000

/** Runs mutated inputs; returns how many were taken. */
async function fuzz(rounds: number, once: (random: Random) => unknown): Promise<number> {
  let taken = 0
  for (let round = 0; round < rounds; round++) {
    const started = performance.now()
    try {
      await once(createRandom(SEED + round))
      taken += 1
    } catch (error) {
      if (!(error instanceof ReleaseError)) throw new Error(`seed ${SEED + round}`, { cause: error })
    }
    const elapsedMs = performance.now() - started
    if (elapsedMs > SLOW_MS) throw new Error(`seed ${SEED + round} took ${elapsedMs} ms`)
  }
  return taken
}

function pick<T>(all: readonly T[], random: Random): T {
  return all[random(all.length)] as T
}

test('manifests', async () => {
  const small = readVectors('manifest', 'valid').filter(({ name }) => !/lists|many/.test(name))
  const taken = await fuzz(ROUNDS, (random) => {
    const { content } = pick(small, random)
    const id = parseBlockId(content['id'] as string)
    const release: Release = { id, blocks: content['blocks'] as Record<string, Uint8Array> }
    const block = parseBlockId(pick(Object.keys(release.blocks), random))
    const changed = replaceBlock(release, block, mutate(release.blocks[block] as Uint8Array, random))
    return (PARSERS['manifest'] as Parse)({ ...changed })
  })
  // Digits of a version, letters of a path: some changes make another good release.
  expect(taken).toBeGreaterThan(0)
  expect(taken).toBeLessThan(ROUNDS / 2)
})

test('pack indexes', async () => {
  const valid = readVectors('pack-index', 'valid')
  await fuzz(ROUNDS * 4, (random) => {
    const { content } = pick(valid, random)
    return (PARSERS['pack-index'] as Parse)({ ...content, bytes: mutate(content['bytes'] as Uint8Array, random) })
  })
})

test('credentials and revocations, envelope and signed bytes', async () => {
  const signer = createSigner(sha256('shoal/vector/enrolment-key'))
  let input: Uint8Array = new Uint8Array()
  const capture = { ...signer, sign: (bytes: Uint8Array) => ((input = bytes), signer.sign(bytes)) }
  const keys = [signer.publicKey]
  const kinds = {
    credential: (bytes: Uint8Array) => signCredential(verifyCredential(bytes, keys), capture),
    revocations: (bytes: Uint8Array) => signRevocations(verifyRevocations(bytes, keys), capture),
  }
  await fuzz(ROUNDS, (random) => {
    const kind = pick(['credential', 'revocations'] as const, random)
    const domain = Buffer.from(`shoal/${kind}/v1\0`)
    const good = pick(readVectors(kind, 'valid'), random).content['bytes'] as Uint8Array
    kinds[kind](good)
    const signed = mutate(input.subarray(domain.length), random)
    const sig = signer.sign(join(domain, signed))
    const bytes = random(3) === 0 ? mutate(good, random) : encode({ key: signer.publicKey, sig, signed })
    if (Buffer.compare(kinds[kind](bytes), bytes) !== 0) throw new Error('it signs to other bytes')
  })
})

test('metadata of every kind', async () => {
  const documents = readVectors('metadata', 'valid')
  await fuzz(ROUNDS * 4, (random) => {
    const { content } = pick(documents, random)
    const text = mutate(Buffer.from(content['text'] as string), random)
    return parseMetadata(content['kind'] as Kind, text)
  })
})

test('a refresh of which one file was changed', async () => {
  const scenes = readVectors('refresh', 'valid')
  await fuzz(ROUNDS, (random) => {
    const { content } = pick(scenes, random)
    const files = content['files'] as Record<string, string>
    const name = pick(Object.keys(files), random)
    const changed = Buffer.from(mutate(Buffer.from(files[name] ?? ''), random)).toString('utf8')
    return (PARSERS['refresh'] as Parse)({ ...content, files: { ...files, [name]: changed } })
  })
})

test('names and ids', async () => {
  const valid = readVectors('names', 'valid')
  await fuzz(ROUNDS * 4, (random) => {
    const { content } = pick(valid, random)
    const text = Buffer.from(mutate(Buffer.from(content['text'] as string), random)).toString()
    return (PARSERS['names'] as Parse)({ ...content, text })
  })
})

test('noise', async () => {
  const taken = await fuzz(ROUNDS, async (random) => {
    const bytes = seededBytes(`noise ${random(1_000_000)}`, random(300))
    switch (random(3)) {
      case 0:
        return parseMetadata('targets', bytes)
      case 1:
        return parseTrustedRoot(bytes)
      default:
        return (PARSERS['pack-index'] as Parse)({ ...readVectors('pack-index', 'valid')[0]?.content, bytes })
    }
  })
  expect(taken).toBe(0)
})
