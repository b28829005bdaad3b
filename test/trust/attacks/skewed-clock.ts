/** Loaded before a program: its clock goes as many milliseconds wrong as CLOCK_SKEW_MS says. Timers are left alone. */
const skewMs = Number(process.env['CLOCK_SKEW_MS'])
const RealDate = Date

globalThis.Date = class extends RealDate {
  constructor(...args: unknown[]) {
    // What a Date is made of, it is made of here, too.
    super(...((args.length === 0 ? [RealDate.now() + skewMs] : args) as [number]))
  }

  static override now(): number {
    return RealDate.now() + skewMs
  }
} as DateConstructor
