import type { Libp2p } from '@libp2p/interface'
import { LIMITS } from '../limits.ts'

/** Stops a node, waiting no longer than a limit: libp2p waits for remotes that never answer. */
export async function stopNode(node: Pick<Libp2p, 'stop'>, timeoutMs: number = LIMITS.stopTimeoutMs): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => resolve(undefined), timeoutMs)
  try {
    await Promise.race([node.stop(), late])
  } finally {
    clearTimeout(timer)
  }
}
