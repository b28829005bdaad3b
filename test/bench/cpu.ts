/** CPU time and memory of processes as Linux tells them; undefined elsewhere. */
import { readFileSync } from 'node:fs'

/** What the kernel counts in, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

/** Seconds of user and system time of a living process, all its threads. */
export function cpuSecondsOf(pid: number): number | undefined {
  const fields = statFields(String(pid))
  return fields === undefined ? undefined : ticks(fields, 11) + ticks(fields, 12)
}

/** The same, of all children of this process that have ended, and of theirs. */
export function cpuSecondsOfEndedChildren(): number | undefined {
  const fields = statFields('self')
  return fields === undefined ? undefined : ticks(fields, 13) + ticks(fields, 14)
}

/** Most memory that a living process ever had resident, in bytes. */
export function peakMemoryOf(pid: number): number | undefined {
  const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
}

/** The fields of /proc/PID/stat behind the name, which may itself hold spaces; the first is the state. */
function statFields(pid: string): string[] | undefined {
  const text = read(`/proc/${pid}/stat`)
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')
}

function ticks(fields: readonly string[], at: number): number {
  return Number(fields[at]) / TICKS_PER_SECOND
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
