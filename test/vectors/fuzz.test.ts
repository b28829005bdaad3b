// Valid bytes with small changes. A parser either takes them, and then they are the one encoding of what it read, or throws a
// ReleaseError; nothing else, and soon. SHOAL_FUZZ_SEED repeats a run, SHOAL_FUZZ_ROUNDS lengthens it.

import { expect, test } from 'vitest'
import {
  createSigner,
  encodeTrustedRoot,
  parseBlockId,
  parseTrustedRoot,
  ReleaseError,
  signStatement,
  verifyStatement,
  type Signer,
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

test('statements, envelope and signed bytes', async () => {
  const signer = createSigner(sha256('shoal/vector/signing-key'))
  const { root, wanted, good } = statementParts()
  let signed: Uint8Array = new Uint8Array()
  const capture: Signer = { keyId: signer.keyId, sign: (bytes) => ((signed = bytes), signer.sign(bytes)) }
  signStatement(verifyStatement(good, root, wanted), capture)
  const domain = Buffer.from('shoal/statement/v1\0')
  const body = signed.subarray(domain.length)
  await fuzz(ROUNDS, (random) => {
    const resigned = mutate(body, random)
    const sig = signer.sign(join(domain, resigned))
    const bytes =
      random(3) === 0 ? mutate(good, random) : encode({ signed: resigned, signatures: [{ keyid: signer.keyId, sig }] })
    const statement = verifyStatement(bytes, root, wanted)
    if (Buffer.compare(signStatement(statement, signer), bytes) !== 0) throw new Error('it signs to other bytes')
  })
})

test('roots', async () => {
  const texts = readVectors('root', 'valid').map(({ content }) => Buffer.from(content['text'] as string))
  await fuzz(ROUNDS * 4, (random) => {
    const bytes = mutate(pick(texts, random), random)
    const again = encodeTrustedRoot(parseTrustedRoot(bytes))
    const bare = (text: Uint8Array): string => Buffer.from(text).toString().replace(/\s/g, '')
    if (bare(again) !== bare(bytes)) throw new Error('it encodes to another text')
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
    const { root, wanted } = statementParts()
    switch (random(3)) {
      case 0:
        return verifyStatement(bytes, root, wanted)
      case 1:
        return parseTrustedRoot(bytes)
      default:
        return (PARSERS['pack-index'] as Parse)({ ...readVectors('pack-index', 'valid')[0]?.content, bytes })
    }
  })
  expect(taken).toBe(0)
})

function statementParts() {
  const { root, wanted, bytes } = readVectors('statement', 'valid')[0]?.content ?? {}
  return {
    root: parseTrustedRoot(Buffer.from(JSON.stringify(root))),
    wanted: wanted as { product: string; channel: string; platform: string },
    good: bytes as Uint8Array,
  }
}
