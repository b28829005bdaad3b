/** A stage of a pipeline: up to `concurrency` items are worked on at once, and results come in the order of the items. */
export function mapInOrder<In, Out>(
  concurrency: number,
  work: (item: In) => Promise<Out>,
): (source: Iterable<In> | AsyncIterable<In>) => AsyncGenerator<Out, void, undefined> {
  return async function* (source) {
    const started: Promise<Out>[] = []
    for await (const item of source) {
      const result = work(item)
      // It is awaited later, in its turn; until then its failure is nobody's.
      result.catch(() => undefined)
      started.push(result)
      const first = started.length >= concurrency ? started.shift() : undefined
      if (first !== undefined) yield await first
    }
    for (const result of started) yield await result
  }
}
