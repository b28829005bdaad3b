import { spawnSync } from 'node:child_process'
import { createPrivateKey, randomBytes } from 'node:crypto'
import { chmod, writeFile } from 'node:fs/promises'
import { verifySignature } from '@shoal/release'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../fixture/folder.ts'
import { createKeyring } from './keyring.ts'
import { encodePem, readPem } from './pem.ts'
import { keyIdOf, publicKeyOf } from './public-key.ts'
import { signerOf } from './signer.ts'
import { openKey, parseKeySource, type KeyContext } from './source.ts'

const secret = randomBytes(32)
const message = Buffer.from('what is signed')
const nowhere: KeyContext = { folder: '/nonexistent', passphrase: undefined, env: {} }
const hasOpenssl = spawnSync('openssl', ['version']).status === 0

describe('a key file', () => {
  it.each([undefined, 'pass phrase', 'with ünïcode'])(
    'holds the same secret after writing and reading, with the passphrase %o',
    (passphrase) => {
      const pem = encodePem(secret, passphrase)
      expect(pem.includes('ENCRYPTED')).toBe(passphrase !== undefined)
      expect(Buffer.compare(readPem(pem, passphrase, 'key'), secret)).toBe(0)
    },
  )

  it('is read by Node as any PKCS #8 file', () => {
    const key = createPrivateKey({ key: encodePem(secret, 'open sesame'), passphrase: 'open sesame' })
    expect(key.asymmetricKeyType).toBe('ed25519')
  })

  it.runIf(hasOpenssl).each([undefined, 'open sesame'])('is read by OpenSSL, with the passphrase %o', (passphrase) => {
    const unlock = passphrase === undefined ? [] : ['-passin', `pass:${passphrase}`]
    const { stdout, status } = spawnSync('openssl', ['pkey', '-pubout', '-outform', 'DER', ...unlock], {
      input: encodePem(secret, passphrase),
    })
    expect(status).toBe(0)
    expect(Buffer.compare(stdout.subarray(-32), signerOf(secret).publicKey)).toBe(0)
  })

  it('derives its key with scrypt, which is slow to guess', () => {
    const der = Buffer.from(encodePem(secret, 'x').replaceAll(/-----.*-----|\n/g, ''), 'base64')
    expect(der.includes(Buffer.from('2b06010401da47040b', 'hex'))).toBe(true)
    expect(der.includes(Buffer.from('02024000020108020105', 'hex'))).toBe(true)
  })

  it('stays closed without its passphrase, and with another', () => {
    const pem = encodePem(secret, 'right')
    expect(() => readPem(pem, undefined, 'key')).toThrow(expect.objectContaining({ code: 'KEY_LOCKED' }))
    expect(() => readPem(pem, 'wrong', 'key')).toThrow(expect.objectContaining({ code: 'KEY_INVALID' }))
  })

  it('refuses keys of other kinds, and what is no key', () => {
    expect(() => readPem('-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', undefined, 'key')).toThrow(
      'key is not a private key',
    )
  })
})

describe('a source of keys', () => {
  it('is a variable with a PEM or with 32 bytes as base64', async () => {
    for (const value of [encodePem(secret, undefined), secret.toString('base64')]) {
      const signer = await openKey('env:RELEASE_KEY', { ...nowhere, env: { RELEASE_KEY: value } })
      expect(signer.keyId).toBe(signerOf(secret).keyId)
    }
    await expect(openKey('env:RELEASE_KEY', nowhere)).rejects.toMatchObject({ code: 'KEY_UNREACHABLE' })
    const env = { RELEASE_KEY: 'c2hvcnQ=' }
    await expect(openKey('env:RELEASE_KEY', { ...nowhere, env })).rejects.toMatchObject({ code: 'KEY_INVALID' })
  })

  it('is a file relative to the repository', async () => {
    await using folder = await temporaryFolder()
    await writeFile(folder.path('a.pem'), encodePem(secret, 'x'))
    const context = { ...nowhere, folder: folder.path(''), passphrase: 'x' }
    expect((await openKey('file:a.pem', context)).keyId).toBe(signerOf(secret).keyId)
    await expect(openKey('file:b.pem', context)).rejects.toMatchObject({ code: 'KEY_UNREACHABLE' })
  })

  it('is refused when it holds another key than metadata lists', async () => {
    const env = { RELEASE_KEY: secret.toString('base64') }
    const other = signerOf(randomBytes(32)).publicKey
    await expect(openKey('env:RELEASE_KEY', { ...nowhere, env }, other)).rejects.toMatchObject({ code: 'KEY_INVALID' })
  })

  it.each(['', 'keys/root.pem', 'file:', 'env:1X', 'env:A B', 'exec: ', 'http://kms'])('refuses to read %o', (text) => {
    expect(() => parseKeySource(text)).toThrow(expect.objectContaining({ code: 'KEY_INVALID' }))
  })
})

describe('an external signer', () => {
  const { publicKey } = signerOf(secret)
  const script = async (folder: { path: (name: string) => string }, body: string): Promise<`exec:${string}`> => {
    const file = folder.path('sign.mjs')
    await writeFile(file, `#!${process.execPath}\n${body}\n`)
    await chmod(file, 0o755)
    return `exec:${file} key-1`
  }

  it('gets the bytes on stdin, and its signature counts', async () => {
    await using folder = await temporaryFolder()
    const source = await script(
      folder,
      `import { createPrivateKey, sign } from 'node:crypto'
       import { readFileSync } from 'node:fs'
       const key = createPrivateKey(${JSON.stringify(encodePem(secret, undefined))})
       if (process.argv[2] !== 'key-1') throw new Error('no such key')
       console.log(sign(null, readFileSync(0), key).toString('base64'))`,
    )
    const signer = await openKey(source, nowhere, publicKey)
    expect(signer.keyId).toBe(keyIdOf(publicKeyOf(publicKey)))
    expect(verifySignature(publicKey, message, await signer.sign(message))).toBe(true)
  })

  it.each([
    ['says why it fails', `console.error('the token is locked'); process.exit(3)`, 'the token is locked'],
    ['prints no signature', `console.log('hello')`, 'printed no signature of 64 bytes'],
    ['prints without end', `for (;;) process.stdout.write('A'.repeat(65536))`, 'did not sign'],
  ])('fails when it %s', async (_, body, message_) => {
    await using folder = await temporaryFolder()
    const signer = await openKey(await script(folder, body), nowhere, publicKey)
    await expect(signer.sign(message)).rejects.toMatchObject({
      code: 'SIGNER_FAILED',
      message: expect.stringContaining(message_),
    })
  })

  it('fails when there is no such program', async () => {
    const signer = await openKey('exec:/nonexistent/sign', nowhere, publicKey)
    await expect(signer.sign(message)).rejects.toMatchObject({ code: 'SIGNER_FAILED' })
  })
})

describe('a keyring', () => {
  it('says why a key is not within reach, and opens each key once', async () => {
    const { keyId, publicKey } = signerOf(secret)
    const key = publicKeyOf(publicKey)
    expect(await createKeyring({}, nowhere).find(keyId, key)).toEqual({
      reason: 'this repository does not say where it is',
    })
    const away = createKeyring({ [keyId]: 'file:root.pem' }, nowhere)
    expect(await away.find(keyId, key)).toEqual({ reason: '/nonexistent/root.pem is not here' })
    const here = createKeyring({ [keyId]: 'env:K' }, { ...nowhere, env: { K: secret.toString('base64') } })
    expect(await here.find(keyId, key)).toBe(await here.find(keyId, key))
  })
})
