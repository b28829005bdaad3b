/** What the process has used so far. */
import { setFlagsFromString, getHeapStatistics } from 'node:v8'
import { setImmediate } from 'node:timers/promises'
import { runInNewContext } from 'node:vm'

/** On the heap and in buffers beside it, in bytes; garbage included. */
export function memoryBytes(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics()
  return heap + external
}

/** What is left when all garbage is gone. */
export async function heldBytes(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  // What a first collection finalises is garbage to the next.
  for (let times = 0; times < 3; times++) {
    collect()
    await setImmediate()
  }
  return memoryBytes()
}

/** User and system, all threads. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/** The most that was ever resident. */
export function residentMaxBytes(): number {
  return process.resourceUsage().maxRSS * 1024
}
