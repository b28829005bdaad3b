/** `enroll-token | members | revoke`: what an operator does beside the running tracker of a private fleet. */
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { addExamples, createOutput, formatColumns, parseDuration, style, usageError } from '@shoal/cli'
import { isMemberName, isPeerName, sha256, type MemberRole } from '@shoal/release'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { encodeToken } from '../enrolment/token.ts'
import { TrackerError } from '../error.ts'
import { openLedger, type Ledger, type Member } from '../office/ledger.ts'
import { ledgerFile } from './private-fleet.ts'

interface CommonFlags {
  stateDir: string
  json?: boolean
}

interface TokenFlags extends CommonFlags {
  site: string
  group: string
  role: MemberRole
  ttl: number
  uses: number
  tracker: Multiaddr[]
}

export function addMembersCommands(program: Command): void {
  const token = common(
    program,
    'enroll-token',
    'make a token with which a machine becomes a member of the private fleet',
  )
    .option('--site <name>', 'site that its holder belongs to', memberName, '')
    .option('--group <name>', 'group that its holder belongs to', memberName, '')
    .addOption(new Option('--role <role>', 'what its holder is').choices(['device', 'cache']).default('device'))
    .addOption(new Option('--ttl <duration>', 'how long it can be used').argParser(duration).default(DAY_MS, '24h'))
    .option('--uses <count>', 'how many machines it is good for', count, 1)
    .option(
      '--tracker <multiaddr>',
      'where it is turned in, instead of where the tracker says it is (repeatable)',
      addTracker,
      [],
    )
    .action((flags: TokenFlags) => makeToken(flags))
  addExamples(token, [
    ['for one machine', 'shoal-tracker enroll-token --state-dir /var/lib/shoal-tracker --site waw-2'],
    ['for a batch, in an image', 'shoal-tracker enroll-token --state-dir DIR --site waw-2 --uses 200 --ttl 8h'],
    ['what the machine does with it', 'shoal-peer enroll shoal1.…'],
  ])
  const members = common(program, 'members', 'list the members of the private fleet')
  members.action((flags: CommonFlags) => listMembers(flags))
  addExamples(members, [['all of them', 'shoal-tracker members --state-dir /var/lib/shoal-tracker']])
  const revoke = common(program, 'revoke', 'put a member out: within seconds nobody of the fleet talks to it')
    .argument('<peer>', 'its peer id, as `members` lists it')
    .action((peer: string, flags: CommonFlags) => putOut(peer, flags))
  addExamples(revoke, [
    ['a machine that was stolen', 'shoal-tracker revoke 12D3KooW… --state-dir /var/lib/shoal-tracker'],
  ])
}

const DAY_MS = 86_400_000

function common(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .requiredOption('--state-dir <dir>', "the running tracker's --state-dir")
    .option('--json', 'one JSON document on stdout')
}

function makeToken({ stateDir, json, site, group, role, ttl, uses, tracker }: TokenFlags): void {
  using ledger = openExisting(stateDir)
  const introduction = ledger.introduction()
  if (introduction === undefined) {
    throw new TrackerError('NOT_FOUND', `no tracker has run with ${stateDir} yet`, {
      fix: 'start `shoal-tracker run` with this --state-dir first: a token says where it is',
    })
  }
  const now = nowSeconds()
  const expires = now + Math.ceil(ttl / 1_000)
  const secret = randomBytes(32)
  const trackers = tracker.length > 0 ? tracker : introduction.trackers.map((text) => multiaddr(text))
  const token = encodeToken({ trackers, secret, root: introduction.rootDigest })
  const digest = sha256(secret)
  ledger.addToken({ digest, root: introduction.rootDigest, site, group, role, usesMax: uses, expires }, now)
  const output = createOutput({ json })
  output.document({ token, expires: toIso(expires), uses, site, group, role, trackers: trackers.map(String) }, token)
  output.note(
    `good for ${uses === 1 ? 'one machine' : `${uses} machines`} until ${toIso(expires)}; keep it secret till then`,
  )
}

function listMembers({ stateDir, json }: CommonFlags): void {
  using ledger = openExisting(stateDir)
  const now = nowSeconds()
  const members = ledger.members().map((member) => ({ ...member, state: stateOf(member, now) }))
  const rows = members.map(({ peer, state, role, site, group, expires }) => [
    ...[peer, state === 'member' ? state : style('yellow', state, process.stdout), role],
    ...[site === '' ? '-' : site, group === '' ? '-' : group, toIso(expires)],
  ])
  const text = formatColumns([['PEER', 'STATE', 'ROLE', 'SITE', 'GROUP', 'CREDENTIAL EXPIRES'], ...rows])
  const documents = members.map(({ enrolled, expires, revoked, ...rest }) => ({
    ...rest,
    enrolled: toIso(enrolled),
    expires: toIso(expires),
    ...(revoked === undefined ? {} : { revoked: toIso(revoked) }),
  }))
  createOutput({ json }).document({ members: documents }, text)
}

function putOut(peer: string, { stateDir, json }: CommonFlags): void {
  if (!isPeerName(peer)) throw usageError('this is not the peer id of a member', 'see `shoal-tracker members`')
  using ledger = openExisting(stateDir)
  const isNew = ledger.revoke(peer, nowSeconds())
  if (!isNew && !ledger.isRevoked(peer)) {
    throw new TrackerError('NOT_FOUND', `${peer} is no member`, { fix: 'see `shoal-tracker members`' })
  }
  const text = isNew ? `${peer} is out; the running tracker tells the fleet` : `${peer} was out already`
  createOutput({ json }).document({ peer, revoked: true, changed: isNew, sequence: ledger.sequence() }, text)
}

function openExisting(stateDir: string): Ledger {
  const file = ledgerFile(stateDir)
  if (existsSync(file)) return openLedger(file)
  throw new TrackerError('NOT_FOUND', `${stateDir} is not the state of a tracker`, {
    fix: 'give the --state-dir of a `shoal-tracker run` of a private fleet',
  })
}

function stateOf({ revoked, expires }: Member, now: number): 'member' | 'revoked' | 'expired' {
  if (revoked !== undefined) return 'revoked'
  return expires > now ? 'member' : 'expired'
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000)
}

function toIso(seconds: number): string {
  return new Date(seconds * 1_000).toISOString()
}

function memberName(text: string): string {
  if (!isMemberName(text)) throw new InvalidArgumentError('use up to 64 letters, digits, dots, dashes and underscores')
  return text
}

function duration(text: string): number {
  const ms = parseDuration(text)
  if (ms <= 0 || ms > 366 * DAY_MS) throw new InvalidArgumentError('give more than 0 and at most 366d')
  return ms
}

function count(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 1_000_000)
    throw new InvalidArgumentError('give a whole number from 1')
  return value
}

function addTracker(text: string, before: Multiaddr[]): Multiaddr[] {
  let address: Multiaddr
  try {
    address = multiaddr(text)
  } catch {
    throw new InvalidArgumentError('this is not a multiaddr')
  }
  if (address.getComponents().at(-1)?.name !== 'p2p')
    throw new InvalidArgumentError('end it with /p2p/ and the peer id')
  return [...before, address]
}
