/** So many at once, then one more after each time; who proves to be worth it gives back what it took. */
export interface Allowance {
  /** False when there is nothing left. */
  take(): boolean
  giveBack(): void
}

export function createAllowance(burst: number, refillMs: number, nowMs: () => number): Allowance {
  let left = burst
  let atMs = nowMs()
  return {
    take() {
      const refills = Math.floor((nowMs() - atMs) / refillMs)
      atMs += refills * refillMs
      left = Math.min(burst, left + refills)
      if (left === 0) return false
      left--
      return true
    },
    giveBack: () => void (left = Math.min(burst, left + 1)),
  }
}
