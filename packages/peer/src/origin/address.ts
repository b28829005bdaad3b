import { PeerError } from '../error.ts'

/** Where an origin is. `shown` carries neither password nor query, so that it may stand in errors and logs. */
export interface OriginAddress {
  readonly shown: string
  readonly origin: string
  readonly authorization: string | undefined
  /** The address of an object below the origin; a query of the base (a signed CDN link) goes with every request. */
  resolve: (path: string) => URL
}

export function parseOriginAddress(text: string): OriginAddress {
  const url = URL.parse(text)
  // The text itself is not repeated: it may hold a password.
  if (url === null)
    throw new PeerError('CONFIG_INVALID', 'the origin is not a URL', { fix: 'give http(s)://host/path' })
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new PeerError('CONFIG_INVALID', `the origin is a ${url.protocol.slice(0, -1)} URL`, {
      fix: 'give http(s)://host/path',
    })
  }
  const authorization = basicAuthorization(url)
  url.username = ''
  url.password = ''
  url.hash = ''
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return {
    shown: showUrl(url),
    origin: url.origin,
    authorization,
    resolve(path) {
      const target = new URL(url)
      // Encoded by segment: a bare "+" in a version is a space to some object stores.
      target.pathname += path.split('/').map(encodeURIComponent).join('/')
      return target
    },
  }
}

/** A URL as it may be shown: no credentials, no query. */
export function showUrl(url: URL): string {
  return `${url.origin}${url.pathname}`
}

function basicAuthorization(url: URL): string | undefined {
  if (url.username === '' && url.password === '') return undefined
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}
