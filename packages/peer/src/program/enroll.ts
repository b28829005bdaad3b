/** `shoal-peer enroll`: turns a token into a membership of a private fleet. */
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { addExamples, createOutput, shutdownSignal } from '@shoal/cli'
import { parseTrustedRoot, verifyCredential } from '@shoal/release'
import { enrol, parseToken } from '@shoal/tracker/client'
import type { Command } from 'commander'
import { defaultStateDir } from '../config/index.ts'
import { PeerError } from '../error.ts'
import { writeMembership } from '../membership/index.ts'
import { asPeerError, loadIdentity } from '../network/index.ts'
import { nodeDisk, writeAtomic } from '../store/index.ts'

export function addEnrollCommand(program: Command): void {
  const command = program
    .command('enroll')
    .description('become a member of a private fleet, with a token that shoal-tracker enroll-token printed')
    .argument('<token>', 'shoal1.…, or - to read it from stdin, where other users of this machine cannot see it')
    .option('--state-dir <dir>', 'where identity, root.json and membership are kept', defaultStateDir())
    .option('--json', 'one JSON document on stdout')
    .action((token: string, flags: { stateDir: string; json?: boolean }) => enroll(token, flags))
  addExamples(command, [
    ['with a token at hand', 'shoal-peer enroll shoal1.…'],
    ['with a token in a file', 'shoal-peer enroll - --state-dir /var/lib/shoal-peer < token'],
  ])
}

async function enroll(given: string, flags: { stateDir: string; json?: boolean }): Promise<void> {
  const stateDir = resolve(flags.stateDir)
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  const identity = await loadIdentity(join(stateDir, 'identity.key'))
  try {
    const token = parseToken(given === '-' ? (await text(process.stdin)).trim() : given)
    const { root, credential, secret, trackers } = await enrol(token, identity, shutdownSignal())
    const { fleet, enrolmentKeys } = parseTrustedRoot(root)
    if (enrolmentKeys === undefined)
      throw new PeerError('CONFIG_INVALID', 'the fleet of this token is open: there is nothing to enrol for')
    const { peer, site, group, role, expires } = verifyCredential(credential, enrolmentKeys)
    const addresses = (trackers.length > 0 ? trackers : token.trackers).map((address) => address.toString())
    // The membership last: with it there is all that a member needs.
    await writeAtomic(nodeDisk, stateDir, join(stateDir, 'root.json'), root, { durable: true })
    await writeMembership(stateDir, { fleet, credential, secret, trackers: addresses })
    const until = new Date(expires * 1_000).toISOString()
    const what = `${role}${site === '' ? '' : ` of site ${site}`}`
    createOutput(flags).document(
      { peerId: peer, fleet, site, group, role, expires: until, stateDir },
      `${peer} is a ${what} of fleet ${fleet.slice(0, 8)}; its credential is renewed while it runs, and lasts until ${until}`,
    )
  } catch (error) {
    throw asPeerError(error)
  }
}
