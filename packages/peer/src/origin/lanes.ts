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
  const offered: { item: Item; taken: () => void }[] = []
  let wake: () => void = () => undefined
  let running = lanes
  let failure: { error: unknown } | undefined

  const emit = (item: Item) =>
    new Promise<void>((resolve, reject) => {
      const onAbort = () => reject(laneSignal.reason as Error)
      if (laneSignal.aborted) return onAbort()
      laneSignal.addEventListener('abort', onAbort, { once: true })
      const taken = () => {
        laneSignal.removeEventListener('abort', onAbort)
        resolve()
      }
      offered.push({ item, taken })
      wake()
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
      const offer = offered.shift()
      if (offer !== undefined) {
        yield offer.item
        offer.taken()
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
