import type { Origin } from '../origin/origin.ts'
import { openOrigin } from '../origin/open.ts'
import type { GivenKey } from '../manage/new-key.ts'
import { openRepository, type Repository } from '../repository/open.ts'
import type { Committed } from '../metadata/commit.ts'
import { readPassphrase, type PassphraseOption } from './passphrase.ts'

export interface ManageArguments extends PassphraseOption {
  repo: string
  origin?: string
  json?: boolean
  quiet?: boolean
}

/** Runs a command on an open repository, and on its origin if one is given. */
export async function withRepository<T>(
  options: ManageArguments,
  work: (repository: Repository, origin: Origin | undefined) => Promise<T>,
): Promise<T> {
  using repository = await openRepository(options.repo, { passphrase: await readPassphrase(options) })
  return await work(
    repository,
    options.origin === undefined ? undefined : await openOrigin(options.origin, { mustExist: true }),
  )
}

/** One key from its two options. */
export function givenKey(source: string | undefined, publicKey: string | undefined): GivenKey | undefined {
  return source === undefined && publicKey === undefined ? undefined : { source, publicKey }
}

/** What a change of metadata came to, for programs. */
export function committedFields({ signed, pending }: Committed): object {
  const waiting =
    pending === undefined ? {} : { pending: { role: pending.role, have: pending.have, need: pending.need } }
  return { signed, ...waiting }
}

/** The same for people. */
export function describeCommitted({ signed, pending }: Committed, hasOrigin: boolean): string[] {
  const lines = signed.map(({ role, version, keyIds }) => {
    const keys = keyIds.map((id) => id.slice(0, 12)).join(', ')
    return `signed    ${role} version ${version}${keys === '' ? '' : `, key ${keys}`}`
  })
  if (pending !== undefined) {
    const { role, have, need } = pending
    lines.push(
      `waiting   ${role} has ${have} of ${need} signatures: 'shoal-seeder sign --role ${role}' with another key`,
    )
  } else if (!hasOrigin) {
    lines.push("kept here until the next 'publish' or 'refresh-timestamp' brings it to the origin")
  }
  return lines
}
