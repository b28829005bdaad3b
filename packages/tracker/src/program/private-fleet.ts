/** What a tracker of a private fleet has besides: a ledger, an enrolment key, and an office that uses both. */
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { PrivateKey } from '@libp2p/interface'
import { sha256, type TrustedRoot } from '@shoal/release'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { TrackerError } from '../error.ts'
import { createAuthority } from '../office/authority.ts'
import { readEnrolmentKey } from '../office/key-file.ts'
import { openLedger } from '../office/ledger.ts'
import { openOffice, type Office } from '../office/office.ts'
import type { Tracker } from '../tracker.ts'
import type { TrackerSettings } from './config.ts'

export interface PrivateFleet extends Disposable {
  readonly office: Office
  /** Writes down where the running tracker is, for the tokens that the commands make. */
  introduce(tracker: Pick<Tracker, 'addresses'>): void
}

const DAY_SECONDS = 86_400

export function ledgerFile(stateDir: string): string {
  return join(resolve(stateDir), 'ledger.sqlite')
}

/** Undefined for an open fleet. @throws TrackerError CONFIG_INVALID, NOT_PRIVATE, KEY_INVALID */
export async function openPrivateFleet(
  { enrolmentKey, stateDir, credentialDays }: TrackerSettings,
  root: TrustedRoot,
  identity: PrivateKey,
): Promise<PrivateFleet | undefined> {
  if (root.enrolmentKeys === undefined && enrolmentKey === undefined) return undefined
  if (enrolmentKey === undefined || stateDir === undefined) {
    throw new TrackerError('CONFIG_INVALID', 'the fleet of this root.json is private', {
      fix: 'give --enrolment-key FILE, which its members are let in with, and --state-dir DIR, where they are remembered',
    })
  }
  const authority = createAuthority(root, await readEnrolmentKey(enrolmentKey, process.env['SHOAL_PASSPHRASE']))
  await mkdir(resolve(stateDir), { recursive: true, mode: 0o700 })
  const ledger = openLedger(ledgerFile(stateDir))
  let trackers: string[] = []
  const office = openOffice(
    {
      authority,
      ledger,
      peer: peerIdFromPrivateKey(identity).toString(),
      enrolmentKeys: root.enrolmentKeys ?? [],
      credentialSeconds: Math.round(credentialDays * DAY_SECONDS),
      trackers: () => trackers,
    },
    () => Math.floor(Date.now() / 1_000),
  )
  return {
    office,
    introduce({ addresses }) {
      trackers = addresses.map((address) => address.toString())
      ledger.introduce({ fleet: root.fleet, root: root.bytes, rootDigest: sha256(root.bytes), trackers })
    },
    [Symbol.dispose]: () => ledger[Symbol.dispose](),
  }
}
