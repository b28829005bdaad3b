/** Runs a command to its end and measures it. One at a time: the CPU time is that of all children in between. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { cpuSecondsOfEndedChildren, peakMemoryOf } from './cpu.ts'

export interface Run {
  elapsedMs: number
  cpuSeconds: number | undefined
  peakMemoryBytes: number | undefined
  stdout: string
}

const SAMPLE_EVERY_MS = 50

export async function runOnce(command: string, args: readonly string[], env = process.env): Promise<Run> {
  const cpuBefore = cpuSecondsOfEndedChildren()
  const startedAt = performance.now()
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let peakMemoryBytes: number | undefined
  const sampler = setInterval(() => {
    peakMemoryBytes = peakMemoryOf(child.pid ?? 0) ?? peakMemoryBytes
  }, SAMPLE_EVERY_MS)
  try {
    const closed = once(child, 'close') as Promise<[number | null]>
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed])
    const elapsedMs = performance.now() - startedAt
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code ?? 'a signal'}:\n${stderr}`)
    const cpuAfter = cpuSecondsOfEndedChildren()
    const cpuSeconds = cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore
    return { elapsedMs, cpuSeconds, peakMemoryBytes, stdout }
  } finally {
    clearInterval(sampler)
  }
}

/** Whether a program can be started at all. */
export async function isInstalled(command: string, args: readonly string[]): Promise<boolean> {
  try {
    await runOnce(command, args)
    return true
  } catch {
    return false
  }
}
