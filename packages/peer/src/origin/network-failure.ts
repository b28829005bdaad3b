import { OriginFailure } from './failure.ts'
import type { OriginReason } from './failure.ts'

const REASONS: Record<string, OriginReason> = {
  UND_ERR_CONNECT_TIMEOUT: 'CONNECT',
  UND_ERR_HEADERS_TIMEOUT: 'TIMEOUT',
  UND_ERR_BODY_TIMEOUT: 'TIMEOUT',
}

/** Names what the HTTP library threw. `during` tells a connection that never stood from one that broke half-way. */
export function networkFailure(error: unknown, url: string, during: 'request' | 'body'): OriginFailure {
  const code = codeOf(error)
  const reason = REASONS[code] ?? (during === 'body' ? 'TRUNCATED' : 'CONNECT')
  const what = { CONNECT: 'cannot be reached', TIMEOUT: 'made no progress', TRUNCATED: 'broke off its answer' }
  const text = what[reason as keyof typeof what]
  return new OriginFailure('ORIGIN_UNREACHABLE', `origin ${text}: ${url}${code === '' ? '' : ` (${code})`}`, {
    reason,
    retryable: true,
    cause: error,
  })
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  if ('code' in error && typeof error.code === 'string') return error.code
  return error.cause === undefined ? '' : codeOf(error.cause)
}
