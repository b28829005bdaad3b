/** Runs `work` on a few items at once, and yields the results in the items' order. */
export async function* inOrder<T, R>(
  items: Iterable<T>,
  work: (item: T) => Promise<R>,
  concurrency: number,
): AsyncGenerator<R, void, undefined> {
  const running: Promise<R>[] = []
  for (const item of items) {
    const result = work(item)
    // Its turn may come after an earlier one failed; the failure is reported then or not at all.
    result.catch(() => undefined)
    running.push(result)
    if (running.length >= concurrency) yield await (running.shift() as Promise<R>)
  }
  for (const result of running) yield await result
}
