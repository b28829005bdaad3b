/**
 * Of every answer. The dashboard asks nobody but its tracker and cannot be framed; styles of single elements (the width of a bar)
 * are set through the DOM, which the policy allows, so that 'unsafe-inline' is not needed.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** Only where the tracker itself does TLS: what a proxy promises is the proxy's. */
export const STRICT_TRANSPORT = 'max-age=31536000'
