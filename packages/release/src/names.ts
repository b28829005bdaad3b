import { ReleaseError } from './error.ts'
import { NAME_CHARACTERS_MAX } from './limits.ts'
import { isReservedName } from './reserved.ts'
import { quote } from './quote.ts'

/** What a person asks for: a product, on a channel, for a platform, and perhaps exactly one version. */
export interface Target {
  product: string
  channel: string
  version?: string
  platform: string
}

const NAME = /^[a-z0-9][a-z0-9._-]*$/
const VERSION = /^[A-Za-z0-9][A-Za-z0-9._+-]*$/

/** Reads "product@channel" or "product@channel:version". */
export function parseTarget(text: string, platform = 'any'): Target {
  const match = /^([^@:]*)@([^@:]*)(?::([^@:]*))?$/.exec(text)
  if (match === null) {
    throw new ReleaseError(
      'NAME_INVALID',
      'target-syntax',
      `${quote(text)} is not of the form product@channel[:version]`,
    )
  }
  const [, product = '', channel = '', version] = match
  const target: Target = {
    product: parseName(product, 'product'),
    channel: parseName(channel, 'channel'),
    platform: parseName(platform, 'platform'),
  }
  if (version !== undefined) target.version = parseVersion(version)
  return target
}

export function formatTarget(target: Target): string {
  const version = target.version === undefined ? '' : `:${target.version}`
  return `${target.product}@${target.channel}${version}`
}

/** A product, channel or platform. It becomes a path segment at the origin and on disk. */
export function parseName(text: string, what = 'name'): string {
  if (!NAME.test(text) || text.length > NAME_CHARACTERS_MAX) {
    throw new ReleaseError(
      'NAME_INVALID',
      'name-syntax',
      `${what} ${quote(text)} must be 1 to ${NAME_CHARACTERS_MAX} of a-z 0-9 . _ - and start with a letter or digit`,
    )
  }
  refuseReserved(text, what, 'name-reserved')
  return text
}

export function parseVersion(text: string): string {
  if (!VERSION.test(text) || text.length > NAME_CHARACTERS_MAX) {
    throw new ReleaseError(
      'NAME_INVALID',
      'version-syntax',
      `version ${quote(text)} must be 1 to ${NAME_CHARACTERS_MAX} of A-Z a-z 0-9 . _ + - and start with a letter or digit`,
    )
  }
  refuseReserved(text, 'version', 'version-reserved')
  return text
}

function refuseReserved(text: string, what: string, rule: 'name-reserved' | 'version-reserved'): void {
  if (text.includes('..') || text.endsWith('.')) {
    throw new ReleaseError('NAME_INVALID', rule, `${what} ${quote(text)} must not contain ".." or end in "."`)
  }
  if (isReservedName(text)) {
    throw new ReleaseError('NAME_INVALID', rule, `${what} ${quote(text)} is a device name on Windows`)
  }
}
