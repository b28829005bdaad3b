/**
 * What both ends of a lane agree on: TLS 1.3 with certificates that carry the libp2p identities, verified by both before a
 * byte of the chunk protocol goes either way. Nothing that an onlooker sees names the fleet.
 */
import { once } from 'node:events'
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import type { PeerId, PrivateKey } from '@libp2p/interface'
import { generateCertificate, verifyPeerCertificate } from '@libp2p/tls/utils'
import { PeerError } from '../error.ts'

const ALPN = 'shoal-lane/1'
/** AES with 128 bits is the fastest of those that both sides have in hardware. */
const CIPHERS = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256'

/** Of this peer, for all its lanes. */
export interface LaneIdentity {
  readonly secureContext: SecureContext
}

export async function createLaneIdentity(privateKey: PrivateKey): Promise<LaneIdentity> {
  const version = 'TLSv1.3'
  const certificate = await generateCertificate(privateKey)
  return {
    secureContext: createSecureContext({ ...certificate, minVersion: version, maxVersion: version, ciphers: CIPHERS }),
  }
}

/** Certificates sign themselves: who they stand for is found out by `provenPeer`. */
export function laneOptions({ secureContext }: LaneIdentity): {
  secureContext: SecureContext
  ALPNProtocols: string[]
  rejectUnauthorized: false
} {
  return { secureContext, ALPNProtocols: [ALPN], rejectUnauthorized: false }
}

/**
 * Whom the other side has proven to be, once it is encrypted.
 * @param event tells that the encryption is up
 * @param expected refuses everybody else
 * @throws PeerError PROTOCOL_VIOLATION when it has no certificate of a peer; the signal's reason
 */
export async function provenPeer(
  socket: TLSSocket,
  event: 'secure' | 'secureConnect',
  signal: AbortSignal,
  expected?: PeerId,
): Promise<PeerId> {
  await once(socket, event, { signal })
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined || socket.alpnProtocol !== ALPN)
    throw new PeerError('PROTOCOL_VIOLATION', 'the other side of a lane does not speak as one')
  try {
    return await verifyPeerCertificate(certificate.raw, expected)
  } catch (cause) {
    throw new PeerError('PROTOCOL_VIOLATION', 'the certificate of a lane is not that of the peer', { cause })
  }
}
