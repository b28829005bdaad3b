import { pause } from './pause.ts'

export type AnswerSource<T> = (signal: AbortSignal) => Promise<T | undefined>

/**
 * Asks one source after another: the next when the one before has said no, or nothing for `patienceMs`. Those that were
 * asked go on until the first answer, which ends them. Undefined when nobody has one; rejects when one of them could not
 * be asked and nobody else had one.
 *
 * @param nextSource the next to ask; undefined when there is none at the moment
 */
export async function firstAnswer<T>(
  nextSource: () => AnswerSource<T> | undefined,
  { patienceMs, signal }: { patienceMs: number; signal: AbortSignal },
): Promise<T | undefined> {
  const answered = new AbortController()
  const stop = AbortSignal.any([signal, answered.signal])
  const asked = new Set<Promise<void>>()
  let answer: T | undefined
  let failure: Error | undefined

  async function ask(source: AnswerSource<T>): Promise<void> {
    try {
      const said = await source(stop)
      if (said === undefined || answered.signal.aborted) return
      answer = said
      answered.abort()
    } catch (error) {
      if (!answered.signal.aborted) failure ??= error as Error
    }
  }

  while (!stop.aborted) {
    const source = nextSource()
    if (source !== undefined) {
      const asking = ask(source).finally(() => asked.delete(asking))
      asked.add(asking)
    } else if (asked.size === 0) {
      break
    }
    const impatient = new AbortController()
    await Promise.race([...asked, pause(patienceMs, AbortSignal.any([stop, impatient.signal]))])
    impatient.abort()
  }
  if (answer === undefined && failure !== undefined) throw failure
  return answer
}
