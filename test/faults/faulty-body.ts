import { Transform } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { OriginFault } from './origin-fault.ts'

export interface FaultyBody {
  fault: OriginFault | undefined
  /** Where the body stands in the object. */
  start: number
  /** Closes the connection to the client. */
  hangUp: () => void
}

/** Passes a body on, with its fault. */
export function faultyBody({ fault, start, hangUp }: FaultyBody): Transform {
  let passed = 0
  return new Transform({
    transform(bytes: Buffer, _encoding, callback) {
      const position = passed
      passed += bytes.length
      if (fault?.kind === 'corrupt') {
        return callback(null, flipBit(bytes, (fault.at ?? start) - start - position))
      }
      if (fault?.kind === 'drip') return void drip(this, bytes, fault).then(() => callback(), callback)
      if (fault?.kind !== 'truncate' && fault?.kind !== 'stall') return callback(null, bytes)
      const left = fault.afterBytes - position
      if (bytes.length < left) return callback(null, bytes)
      // The callback is never called: nothing more is read, nothing ends. What was pushed leaves before the connection closes.
      if (left > 0) this.push(bytes.subarray(0, left))
      if (fault.kind === 'truncate') setImmediate(hangUp)
    },
    flush(callback) {
      if (fault?.kind === 'overlong') this.push(Buffer.alloc(fault.extraBytes))
      callback()
    },
  })
}

function flipBit(bytes: Buffer, at: number): Buffer {
  const byte = bytes[at]
  if (byte === undefined) return bytes
  const changed = Buffer.from(bytes)
  changed[at] = byte ^ 1
  return changed
}

async function drip(out: Transform, bytes: Buffer, fault: OriginFault & { kind: 'drip' }): Promise<void> {
  for (let at = 0; at < bytes.length && !out.destroyed; at += fault.pieceBytes) {
    out.push(bytes.subarray(at, at + fault.pieceBytes))
    await delay(fault.everyMs)
  }
}
