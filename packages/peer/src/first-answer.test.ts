import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { firstAnswer, type AnswerSource } from './first-answer.ts'

type Source = AnswerSource<string>

const never: Source = (signal) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
const says = (answer: string | undefined): Source => vi.fn(() => Promise.resolve(answer))
const fails: Source = () => Promise.reject(new Error('unreachable'))

describe('the first answer', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  async function first(...sources: Source[]): Promise<string | undefined> {
    const answer = firstAnswer(() => sources.shift(), { patienceMs: 1_000, signal: new AbortController().signal })
    answer.catch(() => undefined)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(vi.getTimerCount()).toBe(0)
    return answer
  }

  it('leaves the others alone', async () => {
    const other = says('other')
    expect(await first(says('first'), other)).toBe('first')
    expect(other).not.toHaveBeenCalled()
  })

  it('comes from the next source when one has none, keeps silent, or cannot be asked', async () => {
    expect(await first(says(undefined), never, fails, says('last'))).toBe('last')
  })

  it('may still come from one that was slow', async () => {
    const slow: Source = () => new Promise((resolve) => setTimeout(() => resolve('slow'), 1_500))
    expect(await first(slow, never)).toBe('slow')
  })

  it('comes from a source that turns up while another is silent', async () => {
    const sources: Source[] = [never]
    setTimeout(() => sources.push(says('late')), 5_000)
    const answer = firstAnswer(() => sources.shift(), { patienceMs: 1_000, signal: new AbortController().signal })
    await vi.advanceTimersByTimeAsync(7_000)
    expect(await answer).toBe('late')
  })

  it('ends those that are still asked', async () => {
    let ended = false
    const silent: Source = (signal) => {
      signal.addEventListener('abort', () => (ended = true))
      return never(signal)
    }
    await first(silent, says('answer'))
    expect(ended).toBe(true)
  })

  it('is undefined when nobody has one', async () => {
    expect(await first(says(undefined), says(undefined))).toBeUndefined()
    expect(await first()).toBeUndefined()
  })

  it('is the failure when nobody else has one', async () => {
    await expect(first(fails, says(undefined))).rejects.toThrow('unreachable')
  })
})
