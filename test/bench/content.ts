/** A file of any size whose bytes are the same on every machine and run, and which no compression makes smaller. */
import { createCipheriv } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'

const BLOCK_BYTES = 1 << 20

export async function writeContent(file: string, sizeBytes: number): Promise<void> {
  const cipher = createCipheriv('aes-128-ctr', Buffer.from('shoal benchmark!'), Buffer.alloc(16))
  const zeros = Buffer.alloc(BLOCK_BYTES)
  await pipeline(function* () {
    for (let left = sizeBytes; left > 0; left -= BLOCK_BYTES)
      yield cipher.update(zeros.subarray(0, Math.min(left, BLOCK_BYTES)))
  }, createWriteStream(file))
}
