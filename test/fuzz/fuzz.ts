/**
 * Feeds a decoder with valid bytes that were changed a little, and with what became of them: an input that leads to an answer not
 * seen before is kept and changed further. The same seed gives the same inputs.
 */
import { setImmediate } from 'node:timers/promises'
import { cpuMs, memoryBytes } from './cost.ts'
import { CORPUS_MAX, INPUT_BYTES_MAX, INPUT_CPU_MS_MAX, INPUT_MEMORY_BYTES_MAX } from './limits.ts'
import { createRandom, mutate, pick, type Random } from './mutate.ts'
import type { Sample, Target } from './target.ts'
import type { Watchdog } from './watchdog.ts'

export interface FuzzOptions {
  seed: number
  watchdog: Watchdog
  /** It ends after the first of the two. */
  rounds?: number
  ms?: number
}

export interface Report {
  rounds: number
  ms: number
  taken: number
  refused: number
  /** Different answers: of one kind are those whose message is the same but for numbers and quotes. */
  outcomes: number
  slowestCpuMs: number
  largestBytes: number
}

/** An input that did what none may. */
export class Finding extends Error {
  override readonly name = 'Finding'

  constructor(target: string, seed: number, round: number, input: Uint8Array, cause: unknown) {
    const what = cause instanceof Error ? cause.message : String(cause)
    super(`${target}: ${what} (seed ${seed}, round ${round})\ninput: ${Buffer.from(input).toString('hex')}`, { cause })
  }
}

/** How often other work of the process gets its turn. */
const ROUNDS_PER_TURN = 64
const OUTCOME_CHARACTERS_MAX = 80

/** @throws Finding */
export async function fuzz(target: Target, options: FuzzOptions): Promise<Report> {
  const { seed, watchdog, rounds = Infinity, ms = Infinity } = options
  await using stack = new AsyncDisposableStack()
  const samples = await target.samples(stack)
  const corpus: Sample[] = []
  const outcomes = new Set<string>()
  const report = { rounds: 0, taken: 0, refused: 0, slowestCpuMs: 0, largestBytes: 0 }
  const started = performance.now()
  let input: Uint8Array = new Uint8Array()
  const onUncaught = (error: unknown): void => console.error(finding(error).message)
  process.on('uncaughtExceptionMonitor', onUncaught)
  stack.defer(() => void process.off('uncaughtExceptionMonitor', onUncaught))

  function finding(cause: unknown): Finding {
    return new Finding(target.name, seed, report.rounds, input, cause)
  }

  /** What became of an input, in a word. */
  async function outcomeOf(sample: Sample, random: Random): Promise<string> {
    try {
      return (await sample.read(input, random)) === undefined ? 'refused' : 'taken'
    } catch (error) {
      if (!target.refusals.some((refusal) => error instanceof refusal)) throw finding(error)
      return `refused: ${wordsOf(error)}`
    }
  }

  async function readOnce(sample: Sample, random: Random): Promise<string> {
    const [cpuBefore, memoryBefore] = [cpuMs(), memoryBytes()]
    watchdog.begins(target.name, input)
    const outcome = await outcomeOf(sample, random)
    watchdog.ended()
    const usedMs = cpuMs() - cpuBefore
    const usedBytes = memoryBytes() - memoryBefore
    if (usedMs > INPUT_CPU_MS_MAX) throw finding(`it took ${usedMs} ms of CPU`)
    if (usedBytes > INPUT_MEMORY_BYTES_MAX) throw finding(`it took ${usedBytes} bytes of memory`)
    report.slowestCpuMs = Math.max(report.slowestCpuMs, usedMs)
    report.largestBytes = Math.max(report.largestBytes, usedBytes)
    return outcome
  }

  for (const sample of samples) {
    input = sample.bytes
    const outcome = await readOnce(sample, createRandom(seed))
    if (outcome !== 'taken') throw finding(`a valid input is ${outcome}`)
  }

  for (; report.rounds < rounds && performance.now() - started < ms; report.rounds++) {
    if (report.rounds % ROUNDS_PER_TURN === 0) await setImmediate()
    const random = createRandom(Math.imul(seed, 0x9e3779b1) + report.rounds)
    const sample = pick(random(2) === 0 && corpus.length > 0 ? corpus : samples, random)
    input = mutate(sample.bytes, random, Math.max(INPUT_BYTES_MAX, sample.bytes.length))
    const outcome = await readOnce(sample, random)
    if (outcome === 'taken') report.taken++
    else report.refused++
    if (outcomes.has(outcome)) continue
    outcomes.add(outcome)
    if (corpus.length < CORPUS_MAX) corpus.push({ bytes: input, read: (bytes, more) => sample.read(bytes, more) })
  }
  return { ...report, ms: performance.now() - started, outcomes: outcomes.size }
}

/** The messages of an error and of its cause, without what differs from input to input. */
function wordsOf(error: unknown): string {
  const { message, cause } = error as Error
  const words = message.replace(/"(?:[^"\\]|\\.)*"|'[^']*'|\d+/g, '_').slice(0, OUTCOME_CHARACTERS_MAX)
  return cause instanceof Error ? `${words} / ${wordsOf(cause)}` : words
}
