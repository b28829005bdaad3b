import { expect, test } from 'vitest'
import { createTurns } from './turns.ts'

const signal = new AbortController().signal

test('so many have their turn at a time, the others in order, and the number may change', async () => {
  const turns = createTurns(1)
  const began: string[] = []
  const take = async (name: string): Promise<Disposable> => {
    const turn = await turns.take(signal)
    began.push(name)
    return turn
  }
  const first = await take('a')
  const rest = ['b', 'c', 'd'].map(take)
  await Promise.resolve()
  expect(began).toEqual(['a'])
  turns.setMax(2)
  await rest[0]
  expect(began).toEqual(['a', 'b'])
  first[Symbol.dispose]()
  await rest[1]
  turns.setMax(1)
  ;(await rest[0])?.[Symbol.dispose]()
  await Promise.resolve()
  expect(began).toEqual(['a', 'b', 'c'])
  ;(await rest[1])?.[Symbol.dispose]()
  await rest[2]
  expect(began).toEqual(['a', 'b', 'c', 'd'])
})

test('who gives up waiting gives up its turn, also in the moment in which it came', async () => {
  const turns = createTurns(1)
  const first = await turns.take(signal)
  const [waiting, granted] = [new AbortController(), new AbortController()]
  const gaveUp = turns.take(waiting.signal)
  const late = turns.take(granted.signal)
  waiting.abort(new Error('no more'))
  await expect(gaveUp).rejects.toThrow('no more')
  first[Symbol.dispose]()
  granted.abort(new Error('too late'))
  // It was granted before it was aborted, and is then either held or given back.
  const outcome = await Promise.allSettled([late])
  if (outcome[0].status === 'fulfilled') outcome[0].value[Symbol.dispose]()
  using again = await turns.take(signal)
  expect(again).toBeDefined()
})
