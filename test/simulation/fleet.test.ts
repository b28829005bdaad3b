import { describe, expect, it } from 'vitest'
import { figuresOf, type SimulationFigures } from './figures.ts'
import { buildScenario, type Faults, type Plan } from './fleet.ts'
import { parseOptions } from './options.ts'
import { simulate } from './simulate.ts'
import { formatFigures } from './table.ts'

const SMALL = ['--peers', '40', '--sites', '4', '--size', '256MiB', '--span', '4MiB', '--spread', '1s']

function planOf(...more: string[]): Plan {
  return parseOptions([...SMALL, ...more]).plan
}

function simulated(plan: Plan): SimulationFigures {
  const scenario = buildScenario(plan)
  return figuresOf(scenario, simulate(scenario))
}

describe('a fleet of four sites', () => {
  const plain = simulated(planOf())

  it('is done within half as long again as is possible, with one copy over each uplink and fewer from the origin', () => {
    expect(plain.stuck).toBe(0)
    expect(plain.all.ratio).toBeLessThan(1.5)
    expect(plain.uplinkCopiesPerSite.most).toBeLessThan(1.03)
    expect(plain.originCopies).toBeLessThan(4)
    expect(plain.wastedShare).toBeLessThan(0.01)
  })

  it('is never done sooner than is possible', () => {
    for (const { ratio } of [plain.half, plain.most, plain.all]) expect(ratio).toBeGreaterThanOrEqual(1)
  })

  it('gives the same table for the same seed, and another one for another', () => {
    const table = (seed: string): string => {
      const plan = planOf('--seed', seed, '--liars', '5%', '--size', '64MiB')
      const figures = simulated(plan)
      return formatFigures(plan, figures, figures)
    }
    const first = table('2')
    expect(table('2')).toBe(first)
    expect(first).not.toBe(table('3'))
  })

  it.each<{ fault: keyof Faults; share: string; ratio: number; copies: number }>([
    { fault: 'churn', share: '0.2', ratio: 3, copies: 1.5 },
    { fault: 'slow', share: '0.2', ratio: 1.2, copies: 1.03 },
    { fault: 'liars', share: '0.1', ratio: 6, copies: 1.8 },
    { fault: 'partition', share: '0.5', ratio: 2.5, copies: 1.5 },
  ])('leaves nobody stuck in spite of $fault ($share)', ({ fault, share, ratio, copies }) => {
    const struck = simulated(planOf(`--${fault}`, share))
    expect(struck.stuck).toBe(0)
    expect(struck.all.ratio).toBeLessThan(ratio)
    expect(struck.uplinkCopiesPerSite.mean).toBeLessThan(copies)
  })

  it('is not held back by peers on slow wires', () => {
    const struck = simulated(planOf('--slow', '0.2'))
    expect(struck.half.doneMs).toBeLessThan(1.15 * (plain.half.doneMs ?? 0))
  })

  it('passes on among the sites what an origin gives slowly', () => {
    const slow = simulated(planOf('--origin', '50Mbit'))
    expect(slow.stuck).toBe(0)
    expect(slow.all.ratio).toBeLessThan(3)
    expect(slow.originCopies).toBeLessThan(3)
  })
})

describe('the options', () => {
  it.each([
    ['an unknown one', ['--peer', '3'], /Unknown option '--peer'/],
    ['a word', ['flash'], /Unexpected argument 'flash'/],
    ['no peers', ['--peers', '0'], /--peers 0 is no whole number from 1 to/],
    ['more sites than peers', ['--peers', '3', '--sites', '4'], /--sites 4 is no whole number from 1 to 3/],
    ['a size without meaning', ['--size', '4 furlongs'], /is not a size/],
    ['a size below a span', ['--size', '1MiB'], /--size is less than one span/],
    ['too many spans', ['--size', '100GiB', '--span', '1MiB'], /more than 65536 spans/],
    ['a share above all', ['--churn', '110%'], /--churn 110% is no share/],
    ['nobody left', ['--churn', '0.5', '--slow', '0.6'], /leave no peer/],
    ['a rate without a unit', ['--uplink', '50'], /--uplink: '50' is not a rate/],
  ])('refuse %s', (_, args, message) => {
    expect(() => parseOptions(args)).toThrow(message)
    expect(() => parseOptions(args)).toThrow(expect.objectContaining({ exit: 2 }))
  })

  it('read shares of both forms', () => {
    expect(parseOptions(['--churn', '10%', '--slow', '0.25']).plan.faults).toMatchObject({ churn: 0.1, slow: 0.25 })
  })
})
