/** Credentials and revocations: whole, and such as a fleet's own key may have signed. */
import {
  createSigner,
  ReleaseError,
  signCredential,
  signRevocations,
  verifyCredential,
  verifyRevocations,
} from '@shoal/release'
import { encode, join } from '../../vectors/generate/cbor.ts'
import { sha256 } from '../../vectors/generate/seeded.ts'
import { readVectors } from '../../vectors/read-vectors.ts'
import { mustHold, type Sample, type Target } from '../target.ts'

const SIGNER = createSigner(sha256('shoal/vector/enrolment-key'))
const KEYS = [SIGNER.publicKey]

/** Reads, and signs what it read again with the given key. */
const AGAIN = {
  credential: (bytes: Uint8Array, signer = SIGNER) => signCredential(verifyCredential(bytes, KEYS), signer),
  revocations: (bytes: Uint8Array, signer = SIGNER) => signRevocations(verifyRevocations(bytes, KEYS), signer),
}

export const MEMBERSHIP_TARGETS: Target[] = [
  { name: 'credential', refusals: [ReleaseError], samples: () => samplesOf('credential') },
  { name: 'revocations', refusals: [ReleaseError], samples: () => samplesOf('revocations') },
]

function samplesOf(kind: 'credential' | 'revocations'): Sample[] {
  const domain = Buffer.from(`shoal/${kind}/v1\0`)
  const read = (bytes: Uint8Array): unknown => {
    const again = AGAIN[kind](bytes)
    mustHold(Buffer.compare(again, bytes) === 0, 'what was taken has one encoding')
    return again
  }
  return readVectors(kind, 'valid').flatMap(({ content }) => {
    const bytes = content['bytes'] as Uint8Array
    const seal = (signed: Uint8Array): Uint8Array =>
      encode({ key: SIGNER.publicKey, sig: SIGNER.sign(join(domain, signed)), signed })
    return [
      { bytes, read },
      { bytes: signedIn(kind, bytes, domain), read: (signed: Uint8Array) => read(seal(signed)) },
    ]
  })
}

/** The bytes that the key signs, without the domain. */
function signedIn(kind: 'credential' | 'revocations', bytes: Uint8Array, domain: Uint8Array): Uint8Array {
  let input: Uint8Array = new Uint8Array()
  AGAIN[kind](bytes, {
    ...SIGNER,
    sign(given) {
      input = given
      return SIGNER.sign(given)
    },
  })
  return input.subarray(domain.length)
}
