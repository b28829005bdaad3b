/** What the kernel counted at the TCP sockets of a process. Needs Linux and iproute2. */
import { execFileSync } from 'node:child_process'

/** Payload that came in over each socket that is open now, by its two ends. */
export function receivedBySocket(pid: number): Map<string, number> {
  const text = execFileSync('ss', ['-tniOHp'], { encoding: 'utf8' })
  const received = new Map<string, number>()
  for (const line of text.split('\n')) {
    if (!line.includes(`pid=${pid},`)) continue
    const [, , , local = '', remote = ''] = line.trim().split(/\s+/)
    const bytes = /bytes_received:(\d+)/.exec(line)?.[1]
    if (bytes !== undefined) received.set(`${local} ${remote}`, Number(bytes))
  }
  return received
}

/** What came in between two looks; of a socket that was closed meanwhile, what came after the first look is not in it. */
export function receivedBetween(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): number {
  let bytes = 0
  for (const [socket, count] of after) bytes += count - (before.get(socket) ?? 0)
  return bytes
}
