import { isLoopbackHost } from '@shoal/cli'
import { TrackerError } from '../error.ts'

/** Whether tokens and answers could be read on their way: then there must be TLS, here or in front. */
export function refuseOpenReach(config: { host: string; tls: boolean; behindProxy: boolean }): void {
  if (isLoopbackHost(config.host) || config.tls || config.behindProxy) return
  throw new TrackerError('CONFIG_INVALID', `HTTP on ${config.host} would be in the clear for other machines`, {
    fix: 'give --http-cert and --http-key, or --behind-proxy where a proxy does TLS, or listen on 127.0.0.1',
  })
}
