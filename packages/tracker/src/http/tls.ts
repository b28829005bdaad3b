import { open } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'

/** @throws TrackerError CONFIG_INVALID when one is missing, too large, or they do not belong together */
export async function readTls(
  certFile: string | undefined,
  keyFile: string | undefined,
): Promise<{ cert: Uint8Array; key: Uint8Array } | undefined> {
  if (certFile === undefined && keyFile === undefined) return undefined
  if (certFile === undefined || keyFile === undefined) {
    throw new TrackerError('CONFIG_INVALID', 'TLS needs a certificate and its key', {
      fix: 'give both --http-cert and --http-key',
    })
  }
  const [cert, key] = await Promise.all([readPem(certFile), readPem(keyFile)])
  try {
    createSecureContext({ cert, key })
  } catch (cause) {
    throw new TrackerError('CONFIG_INVALID', `${certFile} and ${keyFile} are no certificate and its key`, {
      cause,
      fix: 'give PEM files: the certificate with its chain, and the unencrypted private key',
    })
  }
  return { cert, key }
}

async function readPem(file: string): Promise<Buffer> {
  await using handle = await open(file, 'r')
  const { size } = await handle.stat()
  if (size > LIMITS.tlsFileBytesMax) {
    throw new TrackerError('CONFIG_INVALID', `${file} is too large for a certificate or key`, {
      fix: 'check --http-cert and --http-key',
    })
  }
  return await handle.readFile()
}
