/** Talks to the running daemon. */
import { CliError, EXIT } from '@shoal/cli'
import { Agent, request } from 'undici'
import { encodeLimitOrder, type LimitOrder } from './limit-order.ts'
import type { PeerStatus } from './status.ts'

const TIMEOUT_MS = 5_000

export function askDaemon(socketPath: string, command: 'status' | 'pause' | 'resume'): Promise<PeerStatus>
export function askDaemon(socketPath: string, command: 'limit', order: LimitOrder): Promise<PeerStatus>
export async function askDaemon(socketPath: string, command: string, order?: LimitOrder): Promise<PeerStatus> {
  const dispatcher = new Agent({ connect: { socketPath } })
  try {
    const { statusCode, body } = await request(`http://daemon/v1/${command}`, {
      method: command === 'status' ? 'GET' : 'POST',
      ...(order === undefined ? {} : { body: encodeLimitOrder(order) }),
      dispatcher,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const answer = await body.json()
    if (statusCode !== 200) throw new Error(`the daemon answered ${statusCode}`)
    return answer as PeerStatus
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
