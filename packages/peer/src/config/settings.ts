/** Turns what people write (paths, multiaddrs, names) into what the peer is started with, or says what is wrong with it. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { CliError, EXIT, usageError } from '@shoal/cli'
import { parseTarget, parseTrustedRoot, ReleaseError, type Target, type TrustedRoot } from '@shoal/release'

const SITE_PATTERN = /^[A-Za-z0-9._-]{0,64}$/

/** @param given the file named by a person; without one, the root.json that enrolment has put into the state folder */
export async function readTrustedRoot(given: string | undefined, stateDir: string): Promise<TrustedRoot> {
  const path = given ?? join(stateDir, 'root.json')
  if (given === undefined && !existsSync(path)) {
    throw usageError(
      'no root.json is named: there is nothing to trust',
      'give the root.json of the fleet (--root, or root in the file), or become a member first: shoal-peer enroll TOKEN',
    )
  }
  const bytes = await readFile(path)
  try {
    return parseTrustedRoot(bytes)
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error
    throw new CliError(
      'ROOT_INVALID',
      EXIT.usage,
      `${path}: ${error.message}`,
      'use the root.json that shoal-seeder init wrote',
    )
  }
}

export function readTarget(text: string, platform: string): Target {
  try {
    return parseTarget(text, platform)
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error
    throw usageError(error.message, 'write PRODUCT@CHANNEL or PRODUCT@CHANNEL:VERSION, such as game@stable')
  }
}

/** @param whole whether the address must end in the peer id of who is there */
export function readAddresses(texts: readonly string[], option: string, whole: boolean): Multiaddr[] {
  return texts.map((text) => {
    let address: Multiaddr
    try {
      address = multiaddr(text)
    } catch {
      throw usageError(`${option} ${text} is not a multiaddr`, 'write it like /ip4/192.0.2.1/tcp/7070/p2p/12D3Koo…')
    }
    if (whole && !address.getComponents().some((part) => part.name === 'p2p')) {
      throw usageError(
        `${option} ${text} names no peer`,
        'end it with /p2p/ and the peer id that the other side printed',
      )
    }
    return address
  })
}

export function readSite(text: string): string {
  if (!SITE_PATTERN.test(text))
    throw usageError(`'${text}' is not a site name`, 'use letters, digits, dot, dash and underscore')
  return text
}
