interface Offer<Item> {
  item: Item
  taken: () => void
  refused: (reason: unknown) => void
}

/**
 * Does jobs on a fixed number of lanes and yields what they emit, in the order in which it comes. `emit` settles when the
 * consumer has taken the item and asks for the next, so that a lane never runs ahead by more than one item. A consumer who
 * stops, an abort, or a lane that throws stops every lane before this returns.
 */
export async function* runLanes<Item>(
  lanes: number,
  signal: AbortSignal,
  lane: (emit: (item: Item) => Promise<void>, signal: AbortSignal) => Promise<void>,
): AsyncGenerator<Item, void, void> {
  const stop = new AbortController()
  const laneSignal = AbortSignal.any([signal, stop.signal])
  const waiting: Offer<Item>[] = []
  let current: Offer<Item> | undefined
  let wake: () => void = () => undefined
  let running = lanes
  let failure: { error: unknown } | undefined

  const emit = (item: Item) =>
    new Promise<void>((taken, refused) => {
      if (laneSignal.aborted) return refused(laneSignal.reason as Error)
      waiting.push({ item, taken, refused })
      wake()
    })
  // One listener for all: there are tens of thousands of items.
  laneSignal.addEventListener('abort', () => {
    current?.refused(laneSignal.reason)
    for (const offer of waiting.splice(0)) offer.refused(laneSignal.reason)
  })
  const run = async () => {
    try {
      await lane(emit, laneSignal)
    } catch (error) {
      failure ??= { error }
      stop.abort(error)
    } finally {
      running--
      wake()
    }
  }
  const lanesDone = Promise.all(Array.from({ length: lanes }, run))

  try {
    for (;;) {
      if (failure !== undefined) throw failure.error
      current = waiting.shift()
      if (current !== undefined) {
        yield current.item
        current.taken()
      } else if (running > 0) {
        await new Promise<void>((resolve) => (wake = resolve))
      } else {
        return
      }
    }
  } finally {
    stop.abort(new Error('the consumer stopped'))
    await lanesDone
  }
}
