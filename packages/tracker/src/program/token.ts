/** `token create | list | revoke`: who may use the API. On the tracker's own store, so that nobody needs a token to make the first. */
import { addExamples, createOutput, formatColumns, parseDuration, style } from '@shoal/cli'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { randomBytes } from 'node:crypto'
import { isGood } from '../api/caller.ts'
import { digestOf, newToken } from '../api/token.ts'
import { TrackerError } from '../error.ts'
import { ROLES, type ApiToken, type Role } from '../store/store.ts'
import { addStoreOptions, CONSOLE, note, openExisting, type StoreFlags } from './console.ts'

interface CreateFlags extends StoreFlags {
  role: Role
  ttl?: number
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/

export function addTokenCommands(program: Command): void {
  const token = program.command('token').description('who may use the dashboard and the API')
  const create = addStoreOptions(token.command('create').description('make a token; it is shown once'))
    .argument('<name>', 'whose it is, for the audit log', tokenName)
    .addOption(
      new Option('--role <role>', 'viewer looks; operator pauses, promotes and halts; publisher begins rollouts, too')
        .choices(ROLES)
        .default('viewer'),
    )
    .option('--ttl <duration>', 'how long it is good (default: until it is revoked)', duration)
    .action((name: string, flags: CreateFlags) => createToken(name, flags))
  addExamples(create, [
    [
      'for somebody on call',
      'shoal-tracker token create ada --role operator --ttl 90d --state-dir /var/lib/shoal-tracker',
    ],
    ['for the build machine', 'shoal-tracker token create ci --role publisher --state-dir DIR'],
  ])
  const list = addStoreOptions(token.command('list').description('all tokens, without their secrets'))
  list.action((flags: StoreFlags) => listTokens(flags))
  addExamples(list, [['all of them', 'shoal-tracker token list --state-dir /var/lib/shoal-tracker']])
  const revoke = addStoreOptions(token.command('revoke').description('make a token worthless at once'))
    .argument('<id>', 'its id or name, as `token list` has it')
    .action((id: string, flags: StoreFlags) => revokeToken(id, flags))
  addExamples(revoke, [['one that got lost', 'shoal-tracker token revoke ada --state-dir /var/lib/shoal-tracker']])
}

async function createToken(name: string, { role, ttl, ...flags }: CreateFlags): Promise<void> {
  await using store = await openExisting(flags)
  const nowMs = Date.now()
  if ((await store.tokens()).some((each) => each.name === name && isGood(each, nowMs))) {
    throw new TrackerError('CONFLICT', `there is a token of ${name} already`, {
      fix: `choose another name, or revoke it first: shoal-tracker token revoke ${name}`,
    })
  }
  const secret = newToken()
  const token: ApiToken = {
    ...{ id: randomBytes(6).toString('hex'), name, role, createdMs: nowMs, createdBy: CONSOLE },
    ...(ttl === undefined ? {} : { expiresMs: nowMs + ttl }),
  }
  const digest = digestOf(secret)
  if (digest === undefined) throw new Error('a new token is not recognised as one')
  await store.addToken(token, digest)
  await note(store, 'token.create', name, `token of ${name} made, with the role ${role}`)
  const output = createOutput(flags)
  output.document({ token: secret, ...describe(token, nowMs) }, secret)
  output.note(
    `a ${role}, ${ttl === undefined ? 'until it is revoked' : `until ${iso(nowMs + ttl)}`}; it is not shown again`,
  )
}

async function listTokens(flags: StoreFlags): Promise<void> {
  await using store = await openExisting(flags)
  const nowMs = Date.now()
  const tokens = (await store.tokens()).map((token) => describe(token, nowMs))
  const rows = tokens.map(({ id, name, role, state, created, expires, lastUsed }) => [
    ...[id, name, role, state === 'good' ? state : style('yellow', state, process.stdout)],
    ...[created, expires ?? '-', lastUsed ?? 'never'],
  ])
  const head = ['ID', 'NAME', 'ROLE', 'STATE', 'CREATED', 'EXPIRES', 'LAST USED']
  createOutput(flags).document({ tokens }, formatColumns([head, ...rows]))
}

async function revokeToken(which: string, flags: StoreFlags): Promise<void> {
  await using store = await openExisting(flags)
  const nowMs = Date.now()
  const tokens = await store.tokens()
  const token =
    tokens.find(({ id }) => id === which) ?? tokens.find((each) => each.name === which && isGood(each, nowMs))
  if (token === undefined) {
    throw new TrackerError('NOT_FOUND', `there is no token ${which} that is good`, {
      fix: 'see shoal-tracker token list',
    })
  }
  const changed = await store.revokeToken(token.id, nowMs)
  if (changed) await note(store, 'token.revoke', token.name, `token of ${token.name} revoked`)
  const text = changed ? `the token of ${token.name} is worthless now` : `the token of ${token.name} was revoked before`
  createOutput(flags).document({ id: token.id, name: token.name, revoked: true, changed }, text)
}

function describe(token: ApiToken, nowMs: number) {
  const { id, name, role, createdMs, expiresMs, revokedMs, lastUsedMs } = token
  return {
    ...{ id, name, role, created: iso(createdMs) },
    state: isGood(token, nowMs) ? 'good' : revokedMs === undefined ? 'expired' : 'revoked',
    ...(expiresMs === undefined ? {} : { expires: iso(expiresMs) }),
    ...(lastUsedMs === undefined ? {} : { lastUsed: iso(lastUsedMs) }),
  }
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString()
}

function tokenName(text: string): string {
  if (!NAME.test(text)) throw new InvalidArgumentError('use up to 64 letters, digits and . _ @ -')
  return text
}

function duration(text: string): number {
  const ms = parseDuration(text)
  if (ms <= 0) throw new InvalidArgumentError('give more than 0')
  return ms
}
