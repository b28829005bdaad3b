import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeFleet, parseName, releaseRole } from '@shoal/release'
import { SeederError } from '../error.ts'
import { createKeyring } from '../keys/keyring.ts'
import { rawKeyOf } from '../keys/public-key.ts'
import { LIFE_DAYS, ROLE_KEYS_MAX } from '../limits.ts'
import { SPEC_VERSION, type RootSigned, type TargetsSigned, type TopRole } from '../metadata/document.ts'
import { emptyTargets, ENROLMENT, withChannel, withRoleKeys } from '../metadata/edit.ts'
import { MetadataSet } from '../metadata/set.ts'
import { settle } from '../metadata/settle.ts'
import { writeNew } from './files.ts'
import { createKeyFile, type KnownKey } from './key-file.ts'
import { KEYS_FOLDER, METADATA_FOLDER, ROOT_FILE, SETTINGS_FILE } from './layout.ts'
import { encodeSettings, type LifeDays, type RepositorySettings } from './settings.ts'
import { saveStored } from './stored.ts'

/** How many keys a role has, and how many of them must sign. */
export interface KeyCount {
  keys: number
  threshold: number
}

export interface InitOptions {
  product?: string | undefined
  /** Channels of the product that exist from the start. */
  channels?: readonly ({ channel: string } & KeyCount)[]
  root?: KeyCount | undefined
  targets?: KeyCount | undefined
  /** Members need a credential of the enrolment key. */
  isPrivate?: boolean | undefined
  lifeDays?: Partial<LifeDays> | undefined
  /** Encrypts every key. */
  passphrase?: string | undefined
}

export interface Initialised {
  fleet: string
  /** Files of keys, by the role that they sign; relative to the folder. */
  keyFiles: Record<string, string[]>
}

const ONE: KeyCount = { keys: 1, threshold: 1 }

/** Makes a repository: a fleet, its keys, and the root.json that peers are given. Never touches one that is there. */
export async function initRepository(
  folder: string,
  options: InitOptions = {},
  now: Date = new Date(),
): Promise<Initialised> {
  const product = options.product === undefined ? undefined : parseName(options.product, 'product')
  const channels = checkChannels(product, options.channels ?? [])
  const counts: Record<TopRole, KeyCount> = {
    root: options.root ?? ONE,
    targets: options.targets ?? ONE,
    snapshot: ONE,
    timestamp: ONE,
  }
  for (const [role, count] of [
    ...Object.entries(counts),
    ...channels.map(({ name, count }) => [name, count] as const),
  ]) {
    checkCount(role, count)
  }
  refuseExisting(folder)
  await mkdir(join(folder, KEYS_FOLDER), { recursive: true, mode: 0o700 })
  await mkdir(join(folder, METADATA_FOLDER), { recursive: true })

  const fleet = randomBytes(16).toString('hex')
  const made = new Map<string, KnownKey[]>()
  const makeKeys = async (role: string, { keys }: KeyCount): Promise<KnownKey[]> => {
    const names = Array.from({ length: keys }, (_, at) => (keys === 1 ? role : `${role}-${at + 1}`))
    const files = await Promise.all(names.map((name) => createKeyFile(folder, name, options.passphrase)))
    made.set(role, files)
    return files
  }
  const enrolment = options.isPrivate === true ? await makeKeys(ENROLMENT, ONE) : undefined
  const enrolmentKeys = enrolment?.map(({ key }) => rawKeyOf(key))

  let root = firstRoot(encodeFleet({ fleet, enrolmentKeys }))
  for (const [role, count] of Object.entries(counts) as [TopRole, KeyCount][]) {
    const keys = (await makeKeys(role, count)).map(({ key }) => key)
    root = withRoleKeys(root, role, { keys, threshold: count.threshold })
  }
  let targets: TargetsSigned = emptyTargets()
  for (const { channel, name, count } of channels) {
    const keys = (await makeKeys(name, count)).map(({ key }) => key)
    targets = withChannel(targets, { product: product ?? '', channel }, { keys, threshold: count.threshold })
  }
  const settings = settingsOf(product, made, { ...LIFE_DAYS, ...options.lifeDays })
  await writeNew(join(folder, SETTINGS_FILE), encodeSettings(settings), 0o644)
  await signFirst(folder, settings, made, { root, targets }, now)
  const files = [...made].map(([role, keys]) => [role, keys.map(({ source }) => (source ?? '').replace(/^file:/, ''))])
  return { fleet, keyFiles: Object.fromEntries(files) as Record<string, string[]> }
}

async function signFirst(
  folder: string,
  settings: RepositorySettings,
  made: ReadonlyMap<string, KnownKey[]>,
  bodies: { root: RootSigned; targets: TargetsSigned },
  now: Date,
): Promise<void> {
  const keyring = createKeyring({}, { folder, passphrase: undefined, env: {} })
  for (const { signer } of [...made.values()].flat()) if (signer !== undefined) keyring.add(signer)
  const nothing = new MetadataSet({})
  const desk = { repository: { keyring, settings }, origin: undefined, offered: nothing, now }
  const { set, pending } = await settle({ set: nothing, versions: new Map() }, bodies, desk)
  if (pending !== undefined) throw new Error(`${pending.role} could not be signed by keys that were just made`)
  await saveStored(folder, nothing, set)
}

function firstRoot(fleet: RootSigned['x-shoal']): RootSigned {
  const nobody = { keyids: [], threshold: 1 }
  return {
    ...{ _type: 'root', spec_version: SPEC_VERSION, version: 0, expires: '', consistent_snapshot: true },
    keys: {},
    roles: { root: nobody, targets: nobody, snapshot: nobody, timestamp: nobody },
    'x-shoal': fleet,
  }
}

function settingsOf(
  product: string | undefined,
  made: ReadonlyMap<string, KnownKey[]>,
  lifeDays: LifeDays,
): RepositorySettings {
  const keys: RepositorySettings['keys'] = {}
  for (const { keyId, source } of [...made.values()].flat()) if (source !== undefined) keys[keyId] = source
  return { product, keys, lifeDays }
}

function checkChannels(product: string | undefined, channels: NonNullable<InitOptions['channels']>) {
  if (product === undefined && channels.length > 0) {
    throw new SeederError('PRODUCT_MISMATCH', 'channels are given, but not the product that they are of')
  }
  return channels.map(({ channel, keys, threshold }) => ({
    channel: parseName(channel, 'channel'),
    name: releaseRole(product ?? '', channel),
    count: { keys, threshold },
  }))
}

export function checkCount(role: string, { keys, threshold }: KeyCount): void {
  if (Number.isInteger(threshold) && threshold >= 1 && threshold <= keys && keys <= ROLE_KEYS_MAX) return
  const message = `${role} cannot need ${threshold} signatures of ${keys} ${keys === 1 ? 'key' : 'keys'}`
  throw new SeederError(
    'THRESHOLD_INVALID',
    keys > ROLE_KEYS_MAX ? `${role} has more than ${ROLE_KEYS_MAX} keys` : message,
  )
}

function refuseExisting(folder: string): void {
  for (const name of [ROOT_FILE, SETTINGS_FILE, KEYS_FOLDER, METADATA_FOLDER]) {
    if (!existsSync(join(folder, name))) continue
    throw new SeederError('REPOSITORY_EXISTS', `${folder} is a repository already: it has ${name}`)
  }
}
