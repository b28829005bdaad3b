/** Where a program runs, when that is not simply this machine: a host of a lab is such a place. */
export interface Place {
  /** The address that others reach it at. */
  readonly address: string
  /** What to put before a command so that it runs there. */
  readonly via: readonly string[]
}

export const HERE: Place = { address: '127.0.0.1', via: [] }
