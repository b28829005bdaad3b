/** A virtual clock: time is where the next thing happens. What is due in the same instant happens in the order in which it was asked for. */

export interface Clock {
  readonly nowMs: number
  at(ms: number, action: () => void): void
  /** Lets happen what is due, in order, until `isOver` or nothing is left or the time is up. */
  run(endsMs: number, isOver: () => boolean): void
}

interface Due {
  ms: number
  order: number
  action: () => void
}

export function createClock(): Clock {
  /** A binary heap, the next on top. */
  const heap: Due[] = []
  let nowMs = 0
  let order = 0

  function isBefore(a: Due, b: Due): boolean {
    return a.ms < b.ms || (a.ms === b.ms && a.order < b.order)
  }

  function push(due: Due): void {
    let at = heap.length
    while (at > 0) {
      const above = (at - 1) >> 1
      const other = heap[above]
      if (other === undefined || !isBefore(due, other)) break
      heap[at] = other
      at = above
    }
    heap[at] = due
  }

  /** Takes the next away. */
  function pop(): void {
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      let next = heap[below]
      const right = heap[below + 1]
      if (next !== undefined && right !== undefined && isBefore(right, next)) {
        next = right
        below++
      }
      if (next === undefined || !isBefore(next, last)) break
      heap[at] = next
      at = below
    }
    heap[at] = last
  }

  return {
    get nowMs() {
      return nowMs
    },
    at(ms, action) {
      if (!(ms >= nowMs)) throw new Error(`${ms} ms is over: it is ${nowMs} ms`)
      if (ms !== Infinity) push({ ms, order: order++, action })
    },
    run(endsMs, isOver) {
      while (!isOver()) {
        const due = heap[0]
        if (due === undefined || due.ms > endsMs) return
        pop()
        nowMs = due.ms
        due.action()
      }
    },
  }
}
