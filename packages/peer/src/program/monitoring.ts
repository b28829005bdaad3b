/** Metrics, where the configuration says that they are asked for. Loaded only then, because they take memory. */
import { parseHostPort } from '@shoal/cli'
import type { Config } from '../config/index.ts'
import type { PeerStatus } from '../control/index.ts'
import type { PeerMetrics } from '../metrics/index.ts'

export interface Monitoring {
  readonly metrics: PeerMetrics
  /** @throws PeerError CONFIG_INVALID, LISTEN_FAILED */
  serve(): Promise<AsyncDisposable & { readonly url: string }>
}

/** @param status is asked from `serve` on */
export async function openMonitoring(
  { http, httpBehindProxy: behindProxy }: Config,
  status: () => PeerStatus,
): Promise<Monitoring | undefined> {
  if (http === undefined) return undefined
  const address = parseHostPort(http)
  const { createPeerMetrics, serveMonitoring } = await import('../metrics/index.ts')
  const metrics = createPeerMetrics(status)
  const { registry } = metrics
  const isReady = (): boolean => !status().paused
  return { metrics, serve: () => serveMonitoring({ ...address, behindProxy }, { registry, isReady }) }
}
