/**
 * For what may happen with every packet: the first is told at once, those within the next `everyMs` are counted, and the count is told
 * with the one that comes after.
 * @param now milliseconds that never go back
 */
export function tellSometimes<T>(
  everyMs: number,
  tell: (what: T, count: number) => void,
  now: () => number = () => performance.now(),
): (what: T) => void {
  let toldMs = -Infinity
  let count = 0
  return (what) => {
    count += 1
    if (now() - toldMs < everyMs) return
    toldMs = now()
    tell(what, count)
    count = 0
  }
}
