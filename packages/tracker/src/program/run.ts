import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { addExamples, createLog, createOutput, parseHostPort, shutdownSignal } from '@shoal/cli'
import type { Command } from 'commander'
import { once } from 'node:events'
import { join } from 'node:path'
import { dashboardFolder, loadDashboard } from '../dashboard/load.ts'
import { TrackerError } from '../error.ts'
import { TRACKER_EVENTS } from '../events.ts'
import { readTls } from '../http/tls.ts'
import { loadIdentity, newIdentity } from '../node/identity.ts'
import { readBroker } from '../mqtt/settings.ts'
import { readPolicyKey } from '../office/key-file.ts'
import { checkKeyAtOrigin } from '../policy/check-origin.ts'
import type { PolicyConfig } from '../policy/service.ts'
import { startTracker } from '../tracker.ts'
import { readWebhooks } from '../webhook/settings.ts'
import { loadTrackerConfig, type TrackerSettings } from './config.ts'
import { openPrivateFleet } from './private-fleet.ts'
import { readRoot } from './root.ts'
import { openConfiguredStore } from './store.ts'

interface RunOptions {
  config?: string
  json?: boolean
  quiet?: boolean
  [flag: string]: unknown
}

export function addRunCommand(program: Command): void {
  const command = program
    .command('run')
    .description('introduce the peers of a fleet to each other, until SIGINT or SIGTERM')
    .option('--root <file>', 'root.json of the fleet, as shoal-seeder init wrote it')
    .option('--listen <multiaddr...>', 'where peers connect (default: /ip4/0.0.0.0/tcp/7071)')
    .option('--announce <multiaddr...>', 'addresses to tell others instead: public, or behind a port forward')
    .option('--identity <file>', "the tracker's key, made if it does not exist (default: a new identity each time)")
    .option('--enrolment-key <file>', 'of a private fleet: the PEM key that lets members in; SHOAL_PASSPHRASE opens it')
    .option('--state-dir <dir>', 'where devices, rollouts and the identity are kept, and tokens and members')
    .option('--database <url>', 'postgres://…, to keep devices and rollouts there; several trackers may share it')
    .option('--database-password-file <file>', 'its password, where it needs one')
    .option('--policy-key <file>', 'the PEM key that signs what devices may install; SHOAL_PASSPHRASE opens it')
    .option('--policy-out <dir>', 'folder of an origin in which the policy is kept, too')
    .option('--origin <url>', 'its base; what is published there is told of, by gossip and broker')
    .option('--credential-days <days>', 'how long a credential lasts; members renew them in time (default: 7)', Number)
    .option('--http <host:port>', 'where the API, the dashboard and /metrics are served (default: 127.0.0.1:7072)')
    .option('--http-cert <file>', 'PEM certificate with its chain; without it, only this machine is listened to')
    .option('--http-key <file>', 'its PEM key')
    .option('--behind-proxy', 'a proxy in front does TLS, and says who asks')
    .option('--log-level <level>', 'trace, debug, info, warn, error, fatal or silent (default: info)')
    .option('--config <file>', 'YAML file with the same keys; flags and SHOAL_TRACKER_* override it')
    .option('--json', 'print records as NDJSON; the first is `listening`')
    .action((_options: unknown, invoked: Command) => run(invoked.optsWithGlobals<RunOptions>()))
  addExamples(command, [
    ['on this machine', 'shoal-tracker run --root repo/root.json --listen /ip4/127.0.0.1/tcp/7071'],
    [
      'for a fleet, with a name that peers can keep',
      'shoal-tracker run --root root.json --identity tracker.key --announce /dns4/tracker.example.com/tcp/7071',
    ],
    [
      'for a private fleet',
      'shoal-tracker run --root repo/root.json --enrolment-key repo/keys/enrolment.pem --state-dir /var/lib/shoal-tracker',
    ],
    [
      'with rollouts and the dashboard',
      'shoal-tracker run --root repo/root.json --state-dir /var/lib/shoal-tracker --policy-key repo/keys/policy.pem',
    ],
    ['by a broker as well', 'SHOAL_TRACKER_MQTT_URL=mqtts://broker.example.com shoal-tracker run --root root.json'],
    ['what peers are then given', 'shoal-peer run --tracker /dns4/tracker.example.com/tcp/7071/p2p/12D3Koo…'],
  ])
}

async function run({ config: file, json, quiet, ...flags }: RunOptions): Promise<void> {
  const settings = loadTrackerConfig(file, settingsIn(flags))
  const { root: rootFile, listen, announce, http, connectionsMax, logLevel } = settings
  const signal = shutdownSignal()
  const output = createOutput({ json, quiet })
  const log = createLog(TRACKER_EVENTS, { level: quiet === true ? 'error' : logLevel, name: 'shoal-tracker' })
  const httpAddress = parseHostPort(http)
  const root = await readRoot(rootFile)
  const identityFile =
    settings.identity ?? (settings.stateDir === undefined ? undefined : join(settings.stateDir, 'identity.key'))
  if (identityFile === undefined) {
    const fix = 'give --identity FILE, or peers have to be told a new address after every restart'
    log('identity-temporary', { fix })
  }

  const privateKey = identityFile === undefined ? await newIdentity() : await loadIdentity(identityFile)
  using privateFleet = await openPrivateFleet(settings, root, privateKey)
  const policy = await readPolicyConfig(settings)
  if (policy !== undefined) await checkKeyAtOrigin(policy, root.bytes, new Date())
  const mqtt = settings.mqtt === undefined ? undefined : await readBroker(settings.mqtt)
  const webhooks = await readWebhooks(settings.webhooks)
  await using store = await openConfiguredStore(settings)
  if (store === undefined && webhooks.length > 0) {
    throw new TrackerError('CONFIG_INVALID', 'what webhooks are told has to be kept somewhere', { fix: STORE_FIX })
  }
  const tls = await readTls(settings.httpCert, settings.httpKey)
  await using tracker = await startTracker(
    {
      fleet: root.fleet,
      root: root.bytes,
      privateKey,
      listen: listen.map(parseAddress),
      announce: announce.map(parseAddress),
      http: { ...httpAddress, behindProxy: settings.behindProxy, ...(tls === undefined ? {} : { tls }) },
      ...(store === undefined ? {} : { store, dashboard: await loadDashboard(dashboardFolder()) }),
      ...(policy === undefined ? {} : { policy }),
      ...(settings.origin === undefined
        ? {}
        : { origin: { url: baseOf(settings.origin), everyMs: settings.originSeconds * 1_000 } }),
      ...(mqtt === undefined ? {} : { mqtt }),
      webhooks,
      ...(connectionsMax === undefined ? {} : { connectionsMax }),
      ...(privateFleet === undefined ? {} : { office: privateFleet.office }),
    },
    { onEvent: log },
  )
  privateFleet?.introduce(tracker)
  const addresses = tracker.addresses.map((address) => address.toString())
  const where = { peerId: tracker.peerId, addresses, http: tracker.httpUrl }
  output.record('listening', where)
  log('listening', { ...where, fleet: root.fleet, isPrivate: privateFleet !== undefined })

  if (!signal.aborted) await once(signal, 'abort')
  log('stopping')
}

const SETTINGS = [
  ...['root', 'listen', 'announce', 'identity', 'http', 'logLevel'],
  ...['enrolmentKey', 'stateDir', 'credentialDays', 'database', 'databasePasswordFile'],
  ...['origin', 'policyKey', 'policyOut', 'httpCert', 'httpKey', 'behindProxy'],
]

function settingsIn(flags: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(SETTINGS.map((name) => [name, flags[name]]))
}

const STORE_FIX = 'give --state-dir DIR, or --database postgres://… for several trackers'

/** @throws TrackerError CONFIG_INVALID, KEY_INVALID */
async function readPolicyConfig(settings: TrackerSettings): Promise<PolicyConfig | undefined> {
  const { policyKey, policyOut, stateDir, database } = settings
  if (policyKey === undefined) {
    if (policyOut === undefined) return undefined
    throw new TrackerError('CONFIG_INVALID', 'there is a place for the policy, and no key to sign it', {
      fix: 'give --policy-key FILE as well',
    })
  }
  if (stateDir === undefined && database === undefined) {
    throw new TrackerError('CONFIG_INVALID', 'rollouts have to be kept somewhere', { fix: STORE_FIX })
  }
  const { signer } = await readPolicyKey(policyKey, process.env['SHOAL_PASSPHRASE'])
  return { key: signer, ...(policyOut === undefined ? {} : { originDir: policyOut }) }
}

/** What is below it is then a file in it, not beside it. */
function baseOf(url: string): URL {
  return new URL(url.endsWith('/') ? url : `${url}/`)
}

function parseAddress(text: string): Multiaddr {
  try {
    return multiaddr(text)
  } catch (cause) {
    const fix = 'write it as in /ip4/0.0.0.0/tcp/7071'
    throw new TrackerError('CONFIG_INVALID', `'${text}' is not a multiaddr`, { cause, fix })
  }
}
