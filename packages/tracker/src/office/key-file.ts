/** A tracker's signing keys on disk, for enrolment and for the policy: ed25519, PKCS #8 in PEM, best encrypted. */
import { createSigner, type EnrolmentSigner } from '@shoal/release'
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { open } from 'node:fs/promises'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'

export interface SigningKey {
  signer: EnrolmentSigner
  /** The 32 secret bytes. */
  secret: Uint8Array
}

/** @throws TrackerError KEY_INVALID */
export async function readEnrolmentKey(file: string, passphrase: string | undefined): Promise<SigningKey> {
  return await readKey('enrolment key', file, passphrase)
}

/** @throws TrackerError KEY_INVALID */
export async function readPolicyKey(file: string, passphrase: string | undefined): Promise<SigningKey> {
  return await readKey('policy key', file, passphrase)
}

type Name = 'enrolment key' | 'policy key'

async function readKey(name: Name, file: string, passphrase: string | undefined): Promise<SigningKey> {
  const key = parse(name, await read(name, file), file, passphrase)
  if (key.asymmetricKeyType !== 'ed25519') throw invalid(name, file, 'is no ed25519 key')
  const secret = new Uint8Array(Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url'))
  return { signer: createSigner(secret), secret }
}

async function read(name: Name, file: string): Promise<Buffer> {
  await using handle = await open(file, 'r')
  const { size } = await handle.stat()
  if (size > LIMITS.signingKeyBytesMax) throw invalid(name, file, 'is too large for a key')
  return await handle.readFile()
}

function parse(name: Name, pem: Buffer, file: string, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey({ key: pem, format: 'pem', ...(passphrase === undefined ? {} : { passphrase }) })
  } catch (cause) {
    if (passphrase === undefined && pem.includes('ENCRYPTED')) {
      throw invalid(name, file, 'is encrypted', 'give its passphrase in SHOAL_PASSPHRASE', cause)
    }
    const fix = `give the PEM file of the ${name}, and the right SHOAL_PASSPHRASE`
    throw invalid(name, file, 'cannot be read as a key', fix, cause)
  }
}

function invalid(
  name: Name,
  file: string,
  what: string,
  fix = `give the PEM file of the ${name}`,
  cause?: unknown,
): TrackerError {
  return new TrackerError('KEY_INVALID', `the ${name} ${file} ${what}`, { fix, cause })
}
