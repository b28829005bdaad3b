import { generateKeyPairSync, verify } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readEnrolmentKey } from './key-file.ts'

const PAIR = generateKeyPairSync('ed25519')
const PLAIN = PAIR.privateKey.export({ type: 'pkcs8', format: 'pem' })
const SEALED = PAIR.privateKey.export({
  type: 'pkcs8',
  format: 'pem',
  cipher: 'aes-256-cbc',
  passphrase: 'open sesame',
})

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shoal-key-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(text: string | Buffer): string {
  const file = join(folder, 'enrolment.pem')
  writeFileSync(file, text)
  return file
}

it.each([
  ['plain', PLAIN, undefined],
  ['encrypted', SEALED, 'open sesame'],
])('a key that is %s signs as the one that it is', async (_name, pem, passphrase) => {
  const { signer, secret } = await readEnrolmentKey(write(pem), passphrase)
  expect(secret).toHaveLength(32)
  expect(verify(null, Buffer.from('x'), PAIR.publicKey, signer.sign(Buffer.from('x')))).toBe(true)
})

it.each([
  ['that is encrypted, without its passphrase', SEALED, undefined, /is encrypted/],
  ['with another passphrase', SEALED, 'open barley', /cannot be read/],
  ['that is no key', 'hello', undefined, /cannot be read/],
  ['that is empty', '', undefined, /cannot be read/],
  ['that is too large', 'x'.repeat(20_000), undefined, /too large/],
  [
    'of another kind',
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
    undefined,
    /no ed25519 key/,
  ],
])('a file %s is refused', async (_name, text, passphrase, message) => {
  await expect(readEnrolmentKey(write(text), passphrase)).rejects.toMatchObject({
    code: 'KEY_INVALID',
    message: expect.stringMatching(message) as string,
  })
})
