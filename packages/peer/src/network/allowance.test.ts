import { expect, it } from 'vitest'
import { createAllowance } from './allowance.ts'

it('an allowance lasts for so many at once, and grows again with time, never above what it was', () => {
  let now = 0
  const allowance = createAllowance(2, 100, () => now)
  const take = (times: number): boolean[] => Array.from({ length: times }, () => allowance.take())
  expect(take(3)).toEqual([true, true, false])
  now = 99
  expect(allowance.take()).toBe(false)
  now = 150
  expect(take(2)).toEqual([true, false])
  now = 200
  expect(take(2)).toEqual([true, false])
  now = 10_000
  expect(take(3)).toEqual([true, true, false])
})

it('what is given back can be taken again', () => {
  const allowance = createAllowance(1, 100, () => 0)
  for (let times = 0; times < 5; times++) {
    expect(allowance.take()).toBe(true)
    allowance.giveBack()
  }
  allowance.giveBack()
  expect([allowance.take(), allowance.take()]).toEqual([true, false])
})
