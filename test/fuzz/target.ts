/** What is fuzzed: a decoder of bytes that a remote sends. */
import type { Random } from './mutate.ts'

/** Valid bytes, and what reads them. */
export interface Sample {
  bytes: Uint8Array
  /**
   * Returns what the bytes say; refuses them by `undefined` or by an error of the target's classes. Anything else is a finding, and so is an
   * error that it throws because what it took breaks a promise.
   * @param random for what the bytes leave open, such as where a stream of them is cut
   */
  read(bytes: Uint8Array, random: Random): unknown
}

export interface Target {
  name: string
  refusals: readonly (abstract new (...args: never[]) => Error)[]
  /** What the samples hold on to is given to the stack. */
  samples(stack: AsyncDisposableStack): Sample[] | Promise<Sample[]>
}

/** Cuts bytes at random places, as a stream would. */
export function* cut(bytes: Uint8Array, random: Random): Generator<Uint8Array> {
  const longest = 1 + random(random(4) === 0 ? 8 : bytes.length + 1)
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + random(longest)
    yield bytes.subarray(at, end)
    at = end
  }
}

/** A promise that what was taken does not keep. */
export function mustHold(holds: boolean, promise: string): asserts holds {
  if (!holds) throw new Error(`broken: ${promise}`)
}
