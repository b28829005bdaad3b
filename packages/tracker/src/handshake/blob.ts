/** Bytes of any length up to a limit, after the frames: four bytes of length, big-endian, and then so many. */
import { TrackerError } from '../error.ts'
import type { Channel } from './guard.ts'

const HEADER_BYTES = 4

export async function writeBlob(channel: Channel, bytes: Uint8Array): Promise<void> {
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32BE(bytes.length)
  await channel.write(Buffer.concat([header, bytes]))
}

export async function readBlob(channel: Channel, bytesMax: number): Promise<Uint8Array> {
  const length = Buffer.from(await channel.read(HEADER_BYTES)).readUInt32BE()
  if (length > bytesMax) throw new TrackerError('FRAME_INVALID', `${length} bytes; at most ${bytesMax} are allowed`)
  return channel.read(length)
}
