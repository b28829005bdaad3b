/** A round number of steps that reaches `max`: 0, 5, 10, 15 for 12. */
export function ticksTo(max: number, stepsWanted = 4): number[] {
  if (!(max > 0)) return [0, 1]
  const rough = max / stepsWanted
  const power = 10 ** Math.floor(Math.log10(rough))
  const factor = [1, 2, 2.5, 5, 10].find((each) => each * power >= rough * (1 - 1e-9)) ?? 10
  const step = factor * power
  const count = Math.max(1, Math.ceil(max / step - 1e-9))
  return Array.from({ length: count + 1 }, (_, at) => at * step)
}

/** Where each part of a stack begins and ends. */
export function stack(parts: readonly number[]): { from: number; to: number }[] {
  let at = 0
  return parts.map((part) => {
    const from = at
    at += Math.max(0, part)
    return { from, to: at }
  })
}
