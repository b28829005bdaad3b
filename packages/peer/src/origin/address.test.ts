import { expect, test } from 'vitest'
import { parseOriginAddress } from './address.ts'

test('objects lie below the path of the origin, and its query goes along', () => {
  const { resolve } = parseOriginAddress('https://cdn.example/app?Signature=s3cret')
  expect(resolve('packs/ab').href).toBe('https://cdn.example/app/packs/ab?Signature=s3cret')
  expect(resolve('tuf/1.rel+b.json').pathname).toBe('/app/tuf/1.rel%2Bb.json')
})

test('what is shown names neither password nor query', () => {
  const address = parseOriginAddress('https://user:p%40ss@cdn.example/app?Signature=s3cret#top')
  expect(address.shown).toBe('https://cdn.example/app/')
  expect(address.resolve('x').href).toBe('https://cdn.example/app/x?Signature=s3cret')
  expect(address.authorization).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`)
})

test('refuses what is not http, without repeating it', () => {
  for (const wrong of ['ftp://user:s3cret@host/', 'file:///etc/s3cret', 's3cret', 'http://user:s3cret@']) {
    const parse = () => parseOriginAddress(wrong)
    expect(parse).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    expect(parse).not.toThrow(/s3cret/)
  }
})
