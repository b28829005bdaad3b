import { expect, test } from 'vitest'
import { FdPool } from './fd-pool.ts'

function countingPool(max: number): { pool: FdPool; open: Set<number>; most: () => number; opened: number[] } {
  const open = new Set<number>()
  const opened: number[] = []
  let most = 0
  const close = async (fd: number): Promise<void> => {
    await Promise.resolve()
    if (!open.delete(fd)) throw new Error(`${fd} is closed already`)
  }
  const pool = new FdPool({ close }, max, async (file) => {
    if (file < 0) throw new Error(`no file ${file}`)
    const fd = 100 + opened.length
    opened.push(file)
    open.add(fd)
    most = Math.max(most, open.size)
    return fd
  })
  return { pool, open, opened, most: () => most }
}

test('keeps what was used last, and never more than its bound', async () => {
  const { pool, opened, most } = countingPool(2)
  for (const file of [1, 2, 1, 3, 1, 2]) await pool.use(file, async (fd) => fd)
  expect(opened).toEqual([1, 2, 3, 2])
  expect(most()).toBe(2)
})

test('holds back whoever comes while all descriptors are in use', async () => {
  const { pool, most } = countingPool(3)
  const done: number[] = []
  const work = Array.from({ length: 20 }, (_, file) =>
    pool.use(file, async () => {
      await new Promise(setImmediate)
      done.push(file)
    }),
  )
  await Promise.all(work)
  expect(done).toHaveLength(20)
  expect(most()).toBe(3)
})

test('opens again after a failure and after a drop, and closes nothing that is in use', async () => {
  const { pool, open, opened } = countingPool(2)
  await expect(pool.use(-1, async (fd) => fd)).rejects.toThrow('no file -1')
  await pool.use(5, async (fd) => {
    await pool.drop(5)
    expect(open.has(fd)).toBe(true)
  })
  expect(open.size).toBe(0)
  await pool.use(5, async (fd) => fd)
  expect(opened).toEqual([5, 5])
})

test('goes through what is open, and keeps it open until that is done', async () => {
  const { pool, open } = countingPool(3)
  for (const file of [1, 2, 3]) await pool.use(file, async (fd) => fd)
  await pool.drop(2)
  const seen: number[] = []
  await pool.eachOpen(async (fd) => {
    await pool.drop(1)
    expect(open.has(fd)).toBe(true)
    seen.push(fd)
  })
  expect(seen).toEqual([100, 102])
  expect([...open]).toEqual([102])
})

test('after close, a late reader gets a descriptor for one use', async () => {
  const { pool, open } = countingPool(2)
  await pool.use(1, async (fd) => fd)
  await pool.close()
  expect(open.size).toBe(0)
  expect(await pool.use(1, async (fd) => open.has(fd))).toBe(true)
  expect(open.size).toBe(0)
})

test('closes each descriptor once, however uses, drops and bounds meet', async () => {
  const { pool, open, most } = countingPool(2)
  const pause = (): Promise<void> => new Promise(setImmediate)
  await Promise.all(
    Array.from({ length: 300 }, async (_, turn) => {
      const file = turn % 5
      await pool.use(file, turn % 3 === 0 ? pause : async () => undefined)
      if (turn % 7 === 0) await pool.drop((file + turn) % 5)
    }),
  )
  await pool.close()
  expect(open.size).toBe(0)
  expect(most()).toBeLessThanOrEqual(2)
})
