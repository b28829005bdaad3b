import { describe, expect, it } from 'vitest'
import { agoInWords, bytesInWords, plural, shareInWords, spanInWords } from './format.ts'

describe('figures', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [999_600, '1.0 MB'],
    [41_800_000_000, '41.8 GB'],
  ])('writes %d bytes as %s', (bytes, text) => expect(bytesInWords(bytes)).toBe(text))

  it.each([
    [0, 0, '–'],
    [1, 2, '50.0 %'],
    [999_999, 1_000_000, '99.9 %'],
    [1, 1_000_000, '< 0.1 %'],
    [7, 7, '100 %'],
    [0, 7, '0 %'],
  ])('never rounds %d of %d to all or nothing: %s', (part, whole, text) => expect(shareInWords(part, whole)).toBe(text))

  it.each([
    [0, '0 s'],
    [59, '59 s'],
    [1_800, '30 min'],
    [90_000, '1 d 1 h'],
    [31_622_400, '1 y 1 d'],
    [3_601, '1 h'],
  ])('writes %d seconds as %s', (seconds, text) => expect(spanInWords(seconds)).toBe(text))

  it('tells past from future', () => {
    expect(agoInWords(0, 200_000)).toBe('3 min ago')
    expect(agoInWords(2 * 86_400_000, 0)).toBe('in 2 d')
    expect(agoInWords(0, 1_000)).toBe('just now')
  })

  it('counts one apart', () => {
    expect(plural(1, 'device')).toBe('1 device')
    expect(plural(1_988, 'device')).toBe('1,988 devices')
  })
})
