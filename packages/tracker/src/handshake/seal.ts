/**
 * The frame that members show each other. To everybody else it is so many random bytes: of one size whatever it holds, under a
 * key of its own that only holders of the fleet's member secret derive, and of no use on any other connection.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { CREDENTIAL_BYTES_MAX } from '@shoal/release'

/** Who speaks to whom on this connection, and which of the two frames it is. */
export interface FrameContext {
  dialler: string
  listener: string
  sender: 'dialler' | 'listener'
}

const SALT_BYTES = 32
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const LENGTH_BYTES = 2
const CONTENT_BYTES = LENGTH_BYTES + CREDENTIAL_BYTES_MAX
export const FRAME_BYTES = SALT_BYTES + CONTENT_BYTES + TAG_BYTES

/** @param message at most CREDENTIAL_BYTES_MAX */
export function sealFrame(secret: Uint8Array, context: FrameContext, message: Uint8Array): Uint8Array {
  if (message.length > CREDENTIAL_BYTES_MAX) throw new RangeError(`a frame holds no ${message.length} bytes`)
  const content = Buffer.alloc(CONTENT_BYTES)
  content.writeUInt16BE(message.length)
  content.set(message, LENGTH_BYTES)
  const salt = randomBytes(SALT_BYTES)
  const { key, nonce } = keysOf(secret, salt)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(bind(context))
  return Buffer.concat([salt, cipher.update(content), cipher.final(), cipher.getAuthTag()])
}

/** The message; undefined for whatever was not sealed with this secret for this very frame. */
export function openFrame(secret: Uint8Array, context: FrameContext, frame: Uint8Array): Uint8Array | undefined {
  if (frame.length !== FRAME_BYTES) return undefined
  const { key, nonce } = keysOf(secret, frame.subarray(0, SALT_BYTES))
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(bind(context))
    .setAuthTag(frame.subarray(-TAG_BYTES))
  const content = decipher.update(frame.subarray(SALT_BYTES, -TAG_BYTES))
  try {
    decipher.final()
  } catch {
    // Node has one error for every way in which a tag can be wrong, and they are one here.
    return undefined
  }
  const end = LENGTH_BYTES + content.readUInt16BE()
  return end <= content.length ? new Uint8Array(content.subarray(LENGTH_BYTES, end)) : undefined
}

/** The salt makes key and nonce those of one frame, so no count of frames wears them out. */
function keysOf(secret: Uint8Array, salt: Uint8Array): { key: Uint8Array; nonce: Uint8Array } {
  const bytes = new Uint8Array(hkdfSync('sha256', secret, salt, 'shoal/handshake/v1', KEY_BYTES + NONCE_BYTES))
  return { key: bytes.subarray(0, KEY_BYTES), nonce: bytes.subarray(KEY_BYTES) }
}

function bind({ dialler, listener, sender }: FrameContext): Uint8Array {
  return Buffer.from(`${dialler}\0${listener}\0${sender}`)
}
