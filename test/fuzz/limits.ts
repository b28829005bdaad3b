/** What one input may cost, whatever it says. */

/** Mutated inputs, unless a sample is longer. */
export const INPUT_BYTES_MAX = 64 << 10
/** CPU time of the process: what else the machine does counts for nothing. */
export const INPUT_CPU_MS_MAX = 2_000
/** On the heap and beside it, while it is read: the largest message there is, a few times over. */
export const INPUT_MEMORY_BYTES_MAX = 64 << 20
/** What is still held after all inputs, and a collection of garbage. */
export const HELD_BYTES_MAX = 32 << 20
/** After so long in one input nobody waits for it to end. */
export const HANG_MS = 60_000
/** Inputs that led to something new, and are mutated further. */
export const CORPUS_MAX = 256
