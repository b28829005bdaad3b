/** Whether what was installed works: a command that ends with 0, or a URL that answers with 2xx. */
import { Agent, request } from 'undici'
import { runCommand, type CommandOutcome } from './command.ts'

export interface HealthCheck {
  probe: { kind: 'command'; command: readonly string[] } | { kind: 'http'; url: string }
  intervalMs: number
  timeoutMs: number
  /** So many failures in a row are one too many. */
  failuresMax: number
}

export interface CheckContext {
  env: Readonly<Record<string, string>>
  signal: AbortSignal
}

/** Never rejects: what cannot be asked is not healthy. */
export function checkHealth({ probe, timeoutMs }: HealthCheck, { env, signal }: CheckContext): Promise<CommandOutcome> {
  if (probe.kind === 'command') return runCommand(probe.command, { env, timeoutMs, signal })
  return get(probe.url, timeoutMs, signal)
}

async function get(url: string, timeoutMs: number, signal: AbortSignal): Promise<CommandOutcome> {
  // No connection is kept: the next check is for a process that may be another one.
  const dispatcher = new Agent({ pipelining: 0 })
  try {
    const { statusCode, body } = await request(url, {
      dispatcher,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    })
    body.on('error', () => undefined).destroy()
    if (statusCode >= 200 && statusCode < 300) return { ok: true }
    return { ok: false, message: `${url} answered ${statusCode}` }
  } catch (error) {
    const timedOut = error instanceof Error && error.name === 'TimeoutError'
    const why = timedOut ? `did not answer within ${timeoutMs / 1_000} s` : describe(error)
    return { ok: false, message: `${url} ${why}` }
  } finally {
    await dispatcher.destroy()
  }
}

function describe(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown }
  return typeof code === 'string' ? `failed with ${code}` : `failed: ${String(message)}`
}
