/** What a process printed, record by record. Who asks late misses nothing: every reader begins with the first record. */

/** Record types and their fields, as one program prints them: an interface of `type: fields`. */
export type RecordTypes = object

export type RecordOf<R extends RecordTypes> = { [T in keyof R & string]: { v: 1; type: T } & R[T] }[keyof R & string]

export interface WaitOptions<Fields> {
  timeoutMs: number
  /** Takes the first record of the type for which this holds. */
  where?: (record: Fields) => boolean
}

export class RecordLog<R extends RecordTypes> {
  readonly #records: RecordOf<R>[] = []
  #end: (() => Error) | undefined
  #wake = Promise.withResolvers<undefined>()

  append(record: RecordOf<R>): void {
    this.#records.push(record)
    this.#rouse()
  }

  /** @param reason what those are told who wait for a record that will not come any more */
  end(reason: () => Error): void {
    this.#end = reason
    this.#rouse()
  }

  latest<T extends keyof R & string>(type: T): R[T] | undefined {
    return this.#records.findLast((record) => record.type === type) as R[T] | undefined
  }

  get last(): RecordOf<R> | undefined {
    return this.#records.at(-1)
  }

  /** All records; ends with the process. */
  async *read(): AsyncGenerator<RecordOf<R>, void, undefined> {
    for (let at = 0; ; at++) {
      while (at >= this.#records.length) {
        if (this.#end !== undefined) return
        await this.#wake.promise
      }
      const record = this.#records[at]
      if (record !== undefined) yield record
    }
  }

  /** @param late makes the error for when the time is over */
  async until<T extends keyof R & string>(type: T, options: WaitOptions<R[T]>, late: () => Error): Promise<R[T]> {
    const timeout = Promise.withResolvers<never>()
    const timer = setTimeout(() => timeout.reject(late()), options.timeoutMs)
    try {
      for (let at = 0; ; at++) {
        while (at >= this.#records.length) {
          if (this.#end !== undefined) throw this.#end()
          await Promise.race([this.#wake.promise, timeout.promise])
        }
        const record = this.#records[at]
        if (record?.type !== type) continue
        const fields = record as unknown as R[T]
        if (options.where === undefined || options.where(fields)) return fields
      }
    } finally {
      clearTimeout(timer)
    }
  }

  #rouse(): void {
    this.#wake.resolve(undefined)
    this.#wake = Promise.withResolvers()
  }
}
