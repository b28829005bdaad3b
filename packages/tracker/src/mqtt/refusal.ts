/** Why a broker and this machine do not come together, and what a person can do about it. */
import { TrackerError, type TrackerErrorCode } from '../error.ts'

interface Row {
  /** Of the code of a TLS or system error, or of the text in which the broker's refusal comes. */
  readonly matches: RegExp
  readonly code: TrackerErrorCode
  readonly message: string
  readonly fix: string
}

/** Before TLS 1.3 is done with the broker's part, what it says of our certificate comes as an alert on a connection that was up. */
const ROWS: readonly Row[] = [
  {
    matches: /ALERT_CERTIFICATE_EXPIRED/,
    code: 'REFUSED',
    message: 'the broker does not let us in: our certificate has expired',
    fix: 'renew the certificate in mqtt.certFile, and check the clock of this machine',
  },
  {
    matches: /ALERT_(CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE)/,
    code: 'REFUSED',
    message: 'the broker wants a certificate of this machine',
    fix: 'give mqtt.certFile and mqtt.keyFile',
  },
  {
    matches: /ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED|DECRYPT_ERROR)/,
    code: 'REFUSED',
    message: 'the broker does not accept our certificate',
    fix: 'is mqtt.certFile of an authority that the broker knows, and registered there?',
  },
  {
    matches: /^CERT_(HAS_EXPIRED|NOT_YET_VALID)/,
    code: 'UNREACHABLE',
    message: "the broker's certificate is not valid now",
    fix: 'renew it at the broker, and check the clock of this machine',
  },
  {
    matches: /^ERR_TLS_CERT_ALTNAME_INVALID/,
    code: 'UNREACHABLE',
    message: "the broker's certificate has another name than mqtt.url",
    fix: 'write mqtt.url with the name that the certificate has',
  },
  {
    matches: /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_)/,
    code: 'UNREACHABLE',
    message: "nobody whom this machine trusts vouches for the broker's certificate",
    fix: "give the broker's authority in mqtt.caFile",
  },
  {
    matches: /^Connection refused: (Not authorized|Bad username)/i,
    code: 'REFUSED',
    message: 'the broker does not let us in',
    fix: 'check mqtt.username, mqtt.passwordFile and mqtt.clientId against what the broker allows',
  },
]

/** Undefined for what is none of the known reasons. */
export function explainRefusal(reason: unknown): TrackerError | undefined {
  if (!(reason instanceof Error)) return undefined
  const told = 'code' in reason && typeof reason.code === 'string' ? reason.code : ''
  const row = ROWS.find(({ matches }) => matches.test(told) || matches.test(reason.message))
  return row && new TrackerError(row.code, row.message, { fix: row.fix, cause: reason })
}
