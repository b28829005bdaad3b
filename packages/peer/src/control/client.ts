/** Talks to the running daemon. */
import { CliError, EXIT } from '@shoal/cli'
import { Agent, request } from 'undici'
import type { DoctorFacts } from '../doctor/index.ts'
import { LIMITS } from '../limits.ts'
import { encodeLimitOrder, type LimitOrder } from './limit-order.ts'
import type { ReportList, ResendOrder } from './report-order.ts'
import type { PeerStatus } from './status.ts'

const TIMEOUT_MS = 5_000

export function askDaemon(socketPath: string, command: 'status' | 'pause' | 'resume'): Promise<PeerStatus>
export function askDaemon(socketPath: string, command: 'limit', order: LimitOrder): Promise<PeerStatus>
export function askDaemon(socketPath: string, command: string, order?: LimitOrder): Promise<PeerStatus> {
  const body = order === undefined ? undefined : encodeLimitOrder(order)
  return ask(socketPath, command, command === 'status' ? 'GET' : 'POST', body) as Promise<PeerStatus>
}

/** What `doctor` judges. */
export function askForFacts(socketPath: string): Promise<DoctorFacts> {
  return ask(socketPath, 'doctor', 'GET', undefined, TIMEOUT_MS + LIMITS.doctorTimeoutMs) as Promise<DoctorFacts>
}

/** What is not delivered; with an order, after it was carried out. */
export function askForReports(socketPath: string, order?: ResendOrder): Promise<ReportList> {
  const answer =
    order === undefined
      ? ask(socketPath, 'reports', 'GET')
      : ask(socketPath, 'reports/resend', 'POST', JSON.stringify(order))
  return answer as Promise<ReportList>
}

async function ask(
  socketPath: string,
  path: string,
  method: 'GET' | 'POST',
  body?: string,
  timeoutMs = TIMEOUT_MS,
): Promise<unknown> {
  const dispatcher = new Agent({ connect: { socketPath } })
  try {
    const { statusCode, body: answer } = await request(`http://daemon/v1/${path}`, {
      method,
      ...(body === undefined ? {} : { body }),
      dispatcher,
      signal: AbortSignal.timeout(timeoutMs),
    })
    const document = await answer.json()
    if (statusCode !== 200) throw new Error(`the daemon answered ${statusCode}`)
    return document
  } catch (cause) {
    throw new CliError(
      'DAEMON_UNREACHABLE',
      EXIT.unreachable,
      `no daemon answers on ${socketPath}`,
      'start it with: shoal-peer run --config FILE (or name its folder with --state-dir)',
      { cause },
    )
  } finally {
    await dispatcher.close()
  }
}
