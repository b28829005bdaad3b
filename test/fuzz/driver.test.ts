/** The fuzzer itself, on decoders with known faults. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Finding, fuzz } from './fuzz.ts'
import { INPUT_MEMORY_BYTES_MAX } from './limits.ts'
import type { Target } from './target.ts'
import { startWatchdog, type Watchdog } from './watchdog.ts'

class Refusal extends Error {}

let watchdog: Watchdog
beforeAll(() => void (watchdog = startWatchdog()))
afterAll(() => watchdog[Symbol.asyncDispose]())

function decoder(read: (bytes: Uint8Array) => unknown): Target {
  return { name: 'decoder', refusals: [Refusal], samples: () => [{ bytes: Uint8Array.of(1, 2, 3, 4), read }] }
}

function run(read: (bytes: Uint8Array) => unknown, seed = 1): Promise<unknown> {
  return fuzz(decoder(read), { seed, rounds: 500, watchdog })
}

/** As a decoder that trusts the second byte. */
function readLength(bytes: Uint8Array): number {
  if (bytes[0] !== 1) throw new Refusal('another version')
  return bytes[1] ?? 0
}

describe('the fuzzer', () => {
  it('is content with a decoder that takes and refuses', async () => {
    expect(await run(readLength)).toMatchObject({ rounds: 500 })
  })

  it('finds an error that is no refusal, and says with which input it is seen again', async () => {
    const crash = run((bytes) => {
      if (readLength(bytes) === 0xff) throw new TypeError('a length of 255')
      return true
    })
    await expect(crash).rejects.toThrow(/decoder: a length of 255 \(seed 1, round \d+\)\ninput: 01ff/)
    await expect(crash).rejects.toBeInstanceOf(Finding)
  })

  it('finds a rejection as it finds an error', async () => {
    const crash = run(async (bytes) => {
      if (readLength(bytes) === 0xff) throw new TypeError('a length of 255')
      return true
    })
    await expect(crash).rejects.toThrow('a length of 255')
  })

  it('finds a few bytes that ask for many', async () => {
    const bomb = run((bytes) => new Uint8Array(readLength(bytes) === 0xff ? 2 * INPUT_MEMORY_BYTES_MAX : 1))
    await expect(bomb).rejects.toThrow(/decoder: it took \d+ bytes of memory/)
  })

  it('finds a decoder that refuses what is valid', async () => {
    await expect(run(() => undefined)).rejects.toThrow('a valid input is refused')
  })

  it('gives the same inputs for the same seed, and others for another', async () => {
    const inputsOf = async (seed: number): Promise<string[]> => {
      const inputs: string[] = []
      await run((bytes) => {
        inputs.push(Buffer.from(bytes).toString('hex'))
        return readLength(bytes)
      }, seed)
      return inputs
    }
    const [first, again, other] = [await inputsOf(1), await inputsOf(1), await inputsOf(2)]
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
  })
})
