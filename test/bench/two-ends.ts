/** Runs a sender and a receiver that print `listening` and `finished`, and measures both. */
import { startProgram } from '../constellation/process.ts'
import { cpuSecondsOf } from './cpu.ts'
import type { Figures } from './result.ts'

export interface Finished {
  /** Until the last byte was there, and until it was verified and on disk. */
  transferMs: number
  elapsedMs: number
  /** Of the receiver, over that time. */
  cpuSeconds: number
  [more: string]: number | string
}

interface EndRecords {
  listening: { port: number }
  finished: Finished
}

export interface Ends {
  name: string
  command: string
  sender: readonly string[]
  receiver: (port: number) => readonly string[]
  logFile: string
}

const START_TIMEOUT_MS = 30_000
const TRANSFER_TIMEOUT_MS = 600_000

export async function measureTwoEnds(ends: Ends, bytes: number): Promise<{ figures: Figures; finished: Finished }> {
  const { name, command, logFile } = ends
  const start = (role: string, args: readonly string[]): ReturnType<typeof startProgram<EndRecords>> =>
    startProgram<EndRecords>({ name: `${name} ${role}`, command, args, env: process.env, logFile })
  await using sender = start('sender', ends.sender)
  const { port } = await sender.until('listening', { timeoutMs: START_TIMEOUT_MS })
  const before = cpuSecondsOf(sender.pid)
  await using receiver = start('receiver', ends.receiver(port))
  const finished = await receiver.until('finished', { timeoutMs: TRANSFER_TIMEOUT_MS })
  const after = cpuSecondsOf(sender.pid)
  const senderCpu = before === undefined || after === undefined ? undefined : after - before
  return { figures: pairFigures({ ...finished, senderCpu, receiverCpu: finished.cpuSeconds }, bytes), finished }
}

export interface Measured {
  transferMs: number
  elapsedMs: number
  senderCpu: number | undefined
  receiverCpu: number | undefined
}

export function pairFigures({ transferMs, elapsedMs, senderCpu, receiverCpu }: Measured, bytes: number): Figures {
  const perGigabyte = (seconds: number | undefined): number | undefined =>
    seconds === undefined ? undefined : Number(((seconds * 1e9) / bytes).toFixed(2))
  const both = senderCpu === undefined || receiverCpu === undefined ? undefined : senderCpu + receiverCpu
  return {
    megabytesPerSecond: bytes / 1e3 / elapsedMs,
    elapsedMs: Math.round(elapsedMs),
    transferMegabytesPerSecond: bytes / 1e3 / transferMs,
    cpuSeconds: both,
    senderCpuPerGigabyte: perGigabyte(senderCpu),
    receiverCpuPerGigabyte: perGigabyte(receiverCpu),
    cpuPerGigabyte: perGigabyte(both),
  }
}
