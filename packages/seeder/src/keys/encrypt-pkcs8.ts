import { createCipheriv, randomBytes, scryptSync } from 'node:crypto'
import { SCRYPT } from '../limits.ts'

// RFC 5958 EncryptedPrivateKeyInfo with PBES2 (RFC 8018), scrypt (RFC 7914) and AES-256-CBC. Node writes PBES2 with 2,048 rounds
// of PBKDF2 only, which a graphics card guesses through quickly.

const SEQUENCE = 0x30
const INTEGER = 0x02
const OCTETS = 0x04
const PBES2 = Buffer.from('06092a864886f70d01050d', 'hex')
const SCRYPT_ID = Buffer.from('06092b06010401da47040b', 'hex')
const AES_256_CBC = Buffer.from('060960864801650304012a', 'hex')

/** @param plain a PKCS #8 PrivateKeyInfo in DER */
export function encryptPkcs8(plain: Uint8Array, passphrase: string): Uint8Array {
  const salt = randomBytes(16)
  const iv = randomBytes(16)
  const key = scryptSync(passphrase, salt, 32, SCRYPT)
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final()])

  const costs = [SCRYPT.N, SCRYPT.r, SCRYPT.p].map(integer)
  const derivation = der(SEQUENCE, SCRYPT_ID, der(SEQUENCE, der(OCTETS, salt), ...costs))
  const scheme = der(SEQUENCE, AES_256_CBC, der(OCTETS, iv))
  return der(SEQUENCE, der(SEQUENCE, PBES2, der(SEQUENCE, derivation, scheme)), der(OCTETS, encrypted))
}

function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const header = length < 0x80 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff]
  if (length >= 0x80 && length < 0x100) header.splice(1, 2, 0x81)
  return Buffer.concat([Buffer.from(header), content])
}

function integer(value: number): Buffer {
  const hex = value.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  // A set high bit would make it negative.
  return der(INTEGER, (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.of(0), bytes]))
}
