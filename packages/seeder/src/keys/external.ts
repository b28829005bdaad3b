import { execFile } from 'node:child_process'
import { SeederError } from '../error.ts'
import { SIGNER_OUTPUT_BYTES_MAX, SIGNER_TIMEOUT_MS } from '../limits.ts'
import { keyIdOf, publicKeyOf } from './public-key.ts'
import type { Signer } from './signer.ts'

/**
 * A signer that is a program, such as a wrapper of a KMS or of a hardware token: it gets the bytes to sign on stdin, and prints
 * the signature as base64. No shell reads the command.
 * @throws when signing: SeederError SIGNER_FAILED
 */
export function externalSigner(command: readonly string[], publicKey: Uint8Array): Signer {
  return {
    keyId: keyIdOf(publicKeyOf(publicKey)),
    publicKey,
    async sign(bytes) {
      const output = await run(command, bytes)
      const signature = Buffer.from(output, 'base64')
      if (signature.length === 64) return new Uint8Array(signature)
      throw new SeederError('SIGNER_FAILED', `${command.join(' ')} printed no signature of 64 bytes as base64`)
    },
  }
}

async function run([file = '', ...args]: readonly string[], input: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const limits = { timeout: SIGNER_TIMEOUT_MS, killSignal: 'SIGKILL', maxBuffer: SIGNER_OUTPUT_BYTES_MAX } as const
    const child = execFile(file, args, { ...limits, encoding: 'utf8' }, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout.trim())
      const reason = stderr.trim().split('\n').at(-1)?.slice(0, 200) ?? ''
      const how = error.killed === true ? `it did not answer within ${SIGNER_TIMEOUT_MS / 1000} s` : reason
      const message = `${[file, ...args].join(' ')} did not sign: ${how === '' ? error.message.split('\n')[0] : how}`
      reject(new SeederError('SIGNER_FAILED', message, { cause: error }))
    })
    // A program that ends without reading says why on stderr.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}
