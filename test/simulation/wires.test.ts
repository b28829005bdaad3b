import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createClock } from './clock.ts'
import { createWires, fairShare, type Flow, type Wire } from './wires.ts'

const forever = (): boolean => false

describe('the wires', () => {
  it('share evenly, and give what one flow cannot use to the others', () => {
    const clock = createClock()
    const wires = createWires(clock)
    const [wide, narrow] = [wires.wire(900), wires.wire(100)]
    const done: [string, number][] = []
    wires.flow([wide, narrow], 100, () => done.push(['narrow', clock.nowMs]))
    wires.flow([wide], 800, () => done.push(['wide', clock.nowMs]))
    clock.run(10_000, forever)
    expect(done.map(([name, ms]) => [name, Math.round(ms)])).toEqual([
      ['narrow', 1_000],
      ['wide', 1_000],
    ])
  })

  it('give what a finished flow leaves to the rest at once', () => {
    const clock = createClock()
    const wires = createWires(clock)
    const wire = wires.wire(100)
    const done: number[] = []
    for (const bytes of [50, 100]) wires.flow([wire], bytes, () => done.push(Math.round(clock.nowMs)))
    clock.run(10_000, forever)
    expect(done).toEqual([1_000, 1_500])
  })

  it('carry nothing while they are cut, and go on where they stopped', () => {
    const clock = createClock()
    const wires = createWires(clock)
    const wire = wires.wire(100)
    let doneMs = 0
    wires.flow([wire], 100, () => (doneMs = clock.nowMs))
    clock.at(500, () => wires.setRate(wire, 0))
    clock.at(5_500, () => wires.setRate(wire, 100))
    clock.run(60_000, forever)
    expect(Math.round(doneMs)).toBe(6_000)
  })

  it('never carry more than their rate, leave no flow without a full wire, and bring all of it', () => {
    const topology = fc.record({
      rates: fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 6 }),
      flows: fc.array(fc.uniqueArray(fc.nat({ max: 5 }), { minLength: 1, maxLength: 3 }), {
        minLength: 1,
        maxLength: 12,
      }),
    })
    fc.assert(
      fc.property(topology, ({ rates, flows }) => {
        const clock = createClock()
        const wires = createWires(clock)
        const all = rates.map((rate) => wires.wire(rate))
        let done = 0
        const begun: { flow: Flow; through: Wire[] }[] = flows.map((indices) => {
          const through = [...new Set(indices.map((at) => all[at % all.length] as Wire))]
          return { flow: wires.flow(through, 1_000, () => done++), through }
        })
        // Everything has settled, and the first flow cannot have ended.
        clock.run(0, forever)
        const used = (wire: Wire): number =>
          begun.filter(({ through }) => through.includes(wire)).reduce((sum, { flow }) => sum + flow.rate, 0)
        for (const wire of all) expect(used(wire)).toBeLessThanOrEqual(wire.rate * 1.000_01)
        for (const { through } of begun)
          expect(Math.max(...through.map((wire) => used(wire) / wire.rate))).toBeGreaterThan(0.95)
        clock.run(1e9, forever)
        expect(done).toBe(flows.length)
      }),
    )
  })
})

describe('fairShare', () => {
  it('is no limit where all are held back elsewhere', () => {
    expect(fairShare(100, [10, 20])).toBe(Infinity)
    expect(fairShare(100, [10, Infinity, Infinity])).toBe(45)
    expect(fairShare(0, [Infinity])).toBe(0)
  })
})
