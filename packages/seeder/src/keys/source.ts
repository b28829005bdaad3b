import { isAbsolute, relative, resolve } from 'node:path'
import { readFile, stat } from 'node:fs/promises'
import { SeederError, systemCode } from '../error.ts'
import { REPOSITORY_FILE_BYTES_MAX } from '../limits.ts'
import { externalSigner } from './external.ts'
import { readPem } from './pem.ts'
import { signerOf, type Signer } from './signer.ts'

/** Where a key is: `file:PATH`, `env:NAME` or `exec:COMMAND …`. */
export type KeySource = `${'file' | 'env' | 'exec'}:${string}`

/** What opening a key may need. */
export interface KeyContext {
  /** What the path of a `file:` is relative to. */
  folder: string
  passphrase: string | undefined
  env: NodeJS.ProcessEnv
}

/** @throws SeederError KEY_INVALID */
export function parseKeySource(text: string): KeySource {
  if (/^(?:file|exec):.*\S/.test(text) || /^env:[A-Za-z_][A-Za-z0-9_]*$/.test(text)) return text as KeySource
  const forms = 'file:PATH, env:NAME or exec:COMMAND'
  throw new SeederError('KEY_INVALID', `'${text.slice(0, 80)}' names no key: write ${forms}`)
}

/** A source that a person gave here, as the repository keeps it: relative inside its folder, absolute elsewhere. */
export function keptSource(source: KeySource, repository: string): KeySource {
  if (!source.startsWith('file:')) return source
  const file = resolve(source.slice('file:'.length))
  const inside = relative(repository, file)
  return `file:${inside.startsWith('..') || isAbsolute(inside) ? file : inside}`
}

/**
 * Opens a key.
 * @param publicKey 32 bytes, when they are known; an external signer does not tell them
 * @throws SeederError KEY_UNREACHABLE, KEY_LOCKED, KEY_INVALID
 */
export async function openKey(source: KeySource, context: KeyContext, publicKey?: Uint8Array): Promise<Signer> {
  const place = source.slice(source.indexOf(':') + 1)
  if (source.startsWith('exec:')) {
    if (publicKey === undefined) throw new SeederError('KEY_INVALID', `the public key of ${source} is not known`)
    return externalSigner(place.trim().split(/\s+/), publicKey)
  }
  const text = source.startsWith('env:') ? readVariable(place, context.env) : await readKeyFile(place, context.folder)
  const signer = signerOf(readSecret(text, source, context.passphrase))
  if (publicKey === undefined || Buffer.compare(signer.publicKey, publicKey) === 0) return signer
  throw new SeederError('KEY_INVALID', `${source} holds another key than the one that metadata lists`)
}

function readSecret(text: string, source: KeySource, passphrase: string | undefined): Uint8Array {
  if (text.includes('-----BEGIN')) return readPem(text, passphrase, source)
  const secret = Buffer.from(text.trim(), 'base64')
  if (secret.length === 32) return secret
  throw new SeederError('KEY_INVALID', `${source} is neither a PEM nor 32 bytes as base64`)
}

function readVariable(name: string, env: NodeJS.ProcessEnv): string {
  const value = env[name]
  if (value !== undefined && value !== '') return value
  throw new SeederError('KEY_UNREACHABLE', `the variable ${name} is not set`)
}

async function readKeyFile(path: string, folder: string): Promise<string> {
  const file = resolve(folder, path)
  try {
    if ((await stat(file)).size <= REPOSITORY_FILE_BYTES_MAX) return await readFile(file, 'utf8')
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTDIR') throw error
    throw new SeederError('KEY_UNREACHABLE', `${file} is not here`, { cause: error })
  }
  throw new SeederError('KEY_INVALID', `${file} is too large for a key`)
}
