/** The enrolment key on disk: ed25519, PKCS #8 in PEM, best encrypted. */
import { createSigner, type EnrolmentSigner } from '@shoal/release'
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { open } from 'node:fs/promises'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'

export interface EnrolmentKey {
  signer: EnrolmentSigner
  /** The 32 secret bytes. */
  secret: Uint8Array
}

/** @throws TrackerError KEY_INVALID */
export async function readEnrolmentKey(file: string, passphrase: string | undefined): Promise<EnrolmentKey> {
  const key = parse(await read(file), file, passphrase)
  if (key.asymmetricKeyType !== 'ed25519') throw invalid(file, 'is no ed25519 key')
  const secret = new Uint8Array(Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url'))
  return { signer: createSigner(secret), secret }
}

async function read(file: string): Promise<Buffer> {
  await using handle = await open(file, 'r')
  const { size } = await handle.stat()
  if (size > LIMITS.enrolmentKeyBytesMax) throw invalid(file, 'is too large for a key')
  return await handle.readFile()
}

function parse(pem: Buffer, file: string, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey({ key: pem, format: 'pem', ...(passphrase === undefined ? {} : { passphrase }) })
  } catch (cause) {
    if (passphrase === undefined && pem.includes('ENCRYPTED')) {
      throw invalid(file, 'is encrypted', 'give its passphrase in SHOAL_PASSPHRASE', cause)
    }
    throw invalid(
      file,
      'cannot be read as a key',
      'give the PEM file of an enrolment key, and the right SHOAL_PASSPHRASE',
      cause,
    )
  }
}

function invalid(
  file: string,
  what: string,
  fix = 'give the PEM file of an enrolment key',
  cause?: unknown,
): TrackerError {
  return new TrackerError('KEY_INVALID', `the enrolment key ${file} ${what}`, { fix, cause })
}
