import { describe, expect, test } from 'vitest'
import { ReleaseError, RULES } from '@shoal/release'
import { hex } from './describe.ts'
import { sha256 } from './generate/seeded.ts'
import { PARSERS, type Parse } from './parsers.ts'
import { readInvalid, readVectors } from './read-vectors.ts'

const KINDS = Object.keys(PARSERS)

async function outcomeOf(parse: Parse, content: Record<string, unknown>): Promise<unknown> {
  try {
    return await parse(content)
  } catch (error) {
    return error
  }
}

describe.each(Object.entries(PARSERS))('%s', (kind, parse) => {
  test.each(readVectors(kind, 'valid').filter(({ name }) => name !== 'gear'))('reads $name', async ({ content }) => {
    expect(await parse(content)).toEqual(content['expect'])
  })

  test.each(readInvalid(kind))('refuses $name', async ({ name, content, code, rule }) => {
    const outcome = await outcomeOf(parse, content)
    expect(outcome).toBeInstanceOf(ReleaseError)
    expect(outcome).toMatchObject({ code, rule })
    expect(name === rule || name.startsWith(`${rule}--`)).toBe(true)
  })
})

test('every rule of every code has an invalid vector of its own name', () => {
  const shown = KINDS.flatMap((kind) => readInvalid(kind)).filter(({ name, rule }) => name === rule)
  const byCode = Object.entries(RULES).flatMap(([code, rules]) => rules.map((rule) => `${code} ${rule}`))
  expect(shown.map(({ code, rule }) => `${code} ${rule}`).sort()).toEqual(byCode.sort())
})

test('the gear table is the one that the format derives', () => {
  const table = readVectors('chunking', 'valid').find(({ name }) => name === 'gear')?.content['expect']
  const derived = Array.from({ length: 256 }, (_, byte) => hex(sha256(`shoal/gear/v1/${byte}`).subarray(0, 4)))
  expect(table).toEqual({ gear: derived })
})

test('each refusal says what is wrong in words of its own', async () => {
  const messages = new Map<string, string>()
  for (const kind of KINDS) {
    for (const { name, rule, content } of readInvalid(kind)) {
      if (name !== rule) continue
      const outcome = await outcomeOf(PARSERS[kind] as Parse, content)
      messages.set(`${kind} ${rule}`, outcome instanceof Error ? outcome.message : '')
    }
  }
  expect(new Set(messages.values()).size).toBe(messages.size)
})
