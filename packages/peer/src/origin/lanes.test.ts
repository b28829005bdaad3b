import { expect, test } from 'vitest'
import { runLanes } from './lanes.ts'

const never = new AbortController().signal

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

test('yields everything that lanes emit, and ends with the last of them', async () => {
  const jobs = [1, 2, 3, 4, 5, 6, 7]
  const got = await collect(
    runLanes<number>(3, never, async (emit) => {
      for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
        await emit(job)
        await emit(-job)
      }
    }),
  )
  expect(got.map(Math.abs).toSorted()).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7])
})

test('no lane runs ahead of the consumer by more than one item', async () => {
  let emitted = 0
  let taken = 0
  const lanes = runLanes<number>(2, never, async (emit) => {
    for (let n = 0; n < 20; n++) {
      emitted++
      await emit(n)
    }
  })
  for await (const n of lanes) {
    expect(n).toBeLessThan(20)
    taken++
    expect(emitted - taken).toBeLessThan(2 + 2)
  }
  expect(taken).toBe(40)
})

test('a consumer who stops stops the lanes, whatever they wait for', async () => {
  const ended: string[] = []
  const lanes = runLanes<string>(2, never, async (emit, signal) => {
    try {
      await emit('first')
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
    } finally {
      ended.push('lane')
    }
  })
  for await (const item of lanes) {
    expect(item).toBe('first')
    break
  }
  expect(ended).toEqual(['lane', 'lane'])
})

test('an error of one lane stops the others and reaches the consumer', async () => {
  let lane = 0
  const lanes = runLanes<number>(2, never, async (emit) => {
    if (lane++ === 0) throw new Error('broken lane')
    for (let n = 0; ; n++) await emit(n)
  })
  await expect(collect(lanes)).rejects.toThrow('broken lane')
})

test('an abort reaches the consumer as its reason', async () => {
  const abort = new AbortController()
  const lanes = runLanes<number>(1, abort.signal, async (emit) => {
    for (let n = 0; ; n++) await emit(n)
  })
  await expect(async () => {
    for await (const n of lanes) if (n === 3) abort.abort(new Error('enough'))
  }).rejects.toThrow('enough')
})

test('no lanes yield nothing', async () => {
  expect(await collect(runLanes(0, never, async () => undefined))).toEqual([])
})
