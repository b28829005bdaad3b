/**
 * Networks on one machine: sites whose hosts share a LAN and one uplink each, and servers beyond all uplinks.
 *
 *     host ─┐ lanRate                uplinkRate
 *     host ─┼─ bridge ─ site (router) ───────── core (router) ─ server
 *     host ─┘                                        └───────── server
 *
 * Every box is a network namespace, every line a pair of virtual interfaces, shaped in both directions.
 */
import { createNamespaces, run, runBatch, type Namespaces } from './namespaces.ts'
import { shape } from './shape.ts'

export interface SitePlan {
  hosts: number
  /** Bits a second in either direction, headers included; unlimited when absent. */
  uplinkRate?: number | undefined
  /** How long a packet may wait for the uplink before it is dropped: the buffer of its routers. */
  uplinkQueueMs?: number
  /** Of each host's own line. */
  lanRate?: number | undefined
}

export interface LabPlan {
  sites: Readonly<Record<string, SitePlan>>
  servers: readonly string[]
}

/** A place to run programs at. */
export interface Host {
  readonly address: string
  /** What to put before a command so that it runs there. */
  readonly via: readonly string[]
}

/** Bytes that went over a link, headers included. */
export interface Traffic {
  /** Towards the host, or the site. */
  inBytes: number
  outBytes: number
}

export interface Site {
  readonly hosts: readonly Host[]
  uplink(): Traffic
}

export interface Lab extends Disposable {
  site(name: string): Site
  server(name: string): Host & { traffic(): Traffic }
}

/** The address of a server's or a site's own subnet ends in this on the core's side. */
const ROUTER = 1
const FIRST_HOST = 10
const HOSTS_MAX = 200

/** Throws where namespaces cannot be made: ask `whyNoNamespaces` before. */
export function createLab(plan: LabPlan): Lab {
  const sites = Object.entries(plan.sites).map(([name, site], at) => ({ ...site, name, at }))
  const servers = plan.servers.map((name, at) => ({ name, at }))
  const labels = [
    'core',
    ...servers.map(({ name }) => `server-${name}`),
    ...sites.flatMap((site) => [`site-${site.name}`, ...hostLabels(site)]),
  ]
  if (sites.some(({ hosts }) => hosts > HOSTS_MAX)) throw new Error(`a site has at most ${HOSTS_MAX} hosts`)
  using stack = new DisposableStack()
  const spaces = stack.use(createNamespaces(labels))
  forward(spaces, 'core')
  for (const { name, at } of servers) connectServer(spaces, name, at)
  for (const site of sites) connectSite(spaces, site)
  const kept = stack.move()

  return {
    site(name) {
      const site = sites.find((each) => each.name === name)
      if (site === undefined) throw new Error(`the lab has no site ${name}`)
      return {
        hosts: hostLabels(site).map((label, i) => ({ address: lanAddress(site.at, i), via: spaces.via(label) })),
        uplink: () => trafficTo(spaces, `site${site.at}`),
      }
    },
    server(name) {
      const server = servers.find((each) => each.name === name)
      if (server === undefined) throw new Error(`the lab has no server ${name}`)
      const { at } = server
      return {
        address: `10.254.${at}.2`,
        via: spaces.via(`server-${name}`),
        traffic: () => trafficTo(spaces, `server${at}`),
      }
    },
    [Symbol.dispose]: () => kept.dispose(),
  }
}

interface NumberedSite extends SitePlan {
  name: string
  at: number
}

function hostLabels({ name, hosts }: NumberedSite): string[] {
  return Array.from({ length: hosts }, (_, i) => `host-${name}-${i}`)
}

function lanAddress(site: number, host: number): string {
  return `10.${site}.0.${FIRST_HOST + host}`
}

function connectServer(spaces: Namespaces, name: string, at: number): void {
  const [core, server] = [spaces.name('core'), spaces.name(`server-${name}`)]
  runBatch('ip', [`link add server${at} netns ${core} type veth peer name eth0 netns ${server}`])
  runBatch('ip', [`address add 10.254.${at}.${ROUTER}/24 dev server${at}`, `link set server${at} up`], core)
  runBatch('ip', joinSubnet(`10.254.${at}.2`, `10.254.${at}.${ROUTER}`), server)
}

function connectSite(spaces: Namespaces, plan: NumberedSite): void {
  const { at, uplinkRate, uplinkQueueMs, lanRate } = plan
  const [core, site] = [spaces.name('core'), spaces.name(`site-${plan.name}`)]
  const hosts = hostLabels(plan)
  runBatch('ip', [
    `link add site${at} netns ${core} type veth peer name uplink netns ${site}`,
    ...hosts.map((host, i) => `link add host${i} netns ${site} type veth peer name eth0 netns ${spaces.name(host)}`),
  ])
  runBatch(
    'ip',
    [
      `address add 10.253.${at}.1/24 dev site${at}`,
      `link set site${at} up`,
      `route add 10.${at}.0.0/24 via 10.253.${at}.2`,
    ],
    core,
  )
  runBatch(
    'ip',
    [
      'link add lan type bridge mcast_snooping 0',
      `address add 10.${at}.0.${ROUTER}/24 dev lan`,
      'link set lan up',
      ...hosts.flatMap((_, i) => [`link set host${i} master lan`, `link set host${i} up`]),
      `address add 10.253.${at}.2/24 dev uplink`,
      'link set uplink up',
      `route add default via 10.253.${at}.1`,
    ],
    site,
  )
  forward(spaces, `site-${plan.name}`)
  hosts.forEach((host, i) => runBatch('ip', joinSubnet(lanAddress(at, i), `10.${at}.0.${ROUTER}`), spaces.name(host)))
  if (uplinkRate !== undefined) {
    runBatch('tc', [shape(`site${at}`, uplinkRate, uplinkQueueMs)], core)
    runBatch('tc', [shape('uplink', uplinkRate, uplinkQueueMs)], site)
  }
  if (lanRate === undefined) return
  runBatch(
    'tc',
    hosts.map((_, i) => shape(`host${i}`, lanRate)),
    site,
  )
  for (const host of hosts) runBatch('tc', [shape('eth0', lanRate)], spaces.name(host))
}

function joinSubnet(address: string, router: string): string[] {
  return ['link set lo up', `address add ${address}/24 dev eth0`, 'link set eth0 up', `route add default via ${router}`]
}

function forward(spaces: Namespaces, label: string): void {
  runBatch('ip', ['link set lo up'], spaces.name(label))
  const [command = '', ...args] = spaces.via(label)
  run(command, [...args, 'sysctl', '-q', '-w', 'net.ipv4.ip_forward=1'])
}

/** As the core counts it at its end of the link: after the shaper, so that what it dropped is not in it. */
function trafficTo(spaces: Namespaces, device: string): Traffic {
  const text = run('ip', ['-n', spaces.name('core'), '-s', '-j', 'link', 'show', 'dev', device])
  const [link] = JSON.parse(text) as [{ stats64: { rx: { bytes: number }; tx: { bytes: number } } }]
  return { inBytes: link.stats64.tx.bytes, outBytes: link.stats64.rx.bytes }
}
