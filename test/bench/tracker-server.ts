/** A tracker with a store that knows many devices already, as a process of its own. Prints where it listens, and ends with its stdin. */
import { once } from 'node:events'
import { multiaddr } from '@multiformats/multiaddr'
import type { Report } from '@shoal/release'
import { openConfiguredStore, startTracker } from '@shoal/tracker'
import { newIdentity } from '@shoal/tracker/client'

interface ServerConfig {
  fleet: string
  stateDir?: string
  database?: string
  devices: number
}

const SITES = 200
const PER_TRANSACTION = 500
/** Load comes over fewer connections than devices would have, so that each may announce more often. */
const ANNOUNCE_REFILL_MS = 1

const config = JSON.parse(process.argv[2] ?? '{}') as ServerConfig
await using store = await openConfiguredStore(config)
if (store === undefined) throw new Error('there is no store')
for (let from = 0; from < config.devices; from += PER_TRANSACTION) {
  const count = Math.min(PER_TRANSACTION, config.devices - from)
  await store.takeReports(
    Array.from({ length: count }, (_, at) => presence(config.fleet, from + at)),
    Date.now(),
  )
}
while (!(await store.placeDevices()));

await using tracker = await startTracker({
  fleet: config.fleet,
  privateKey: await newIdentity(),
  listen: [multiaddr('/ip4/127.0.0.1/tcp/0')],
  http: { host: '127.0.0.1', port: 0 },
  store,
  announceRefillMs: ANNOUNCE_REFILL_MS,
})
process.stdout.write(`${JSON.stringify({ addresses: tracker.addresses.map(String) })}\n`)
await once(process.stdin.resume(), 'end')

function presence(fleet: string, at: number): Report {
  return {
    fleet,
    device: `12D3KooWbench${String(at * 7_919).padStart(39, '1')}`,
    counter: 1,
    atMs: 0,
    site: `site-${at % SITES}`,
    group: at % 20 === 0 ? 'canary' : '',
    labels: {},
    platform: 'linux-x64',
    agent: 'shoal-peer/0.1.0',
    product: 'game',
    channel: 'stable',
    version: '1.0',
    state: 'present',
  }
}
