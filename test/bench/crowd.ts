/**
 * Many peers that want one release at the same time, in networks of their own: sites with a LAN and one uplink each, the origin beyond,
 * behind an edge cache or not.
 * shoal, then libtorrent with the origin as its web seed, then one plain download alone, each through the same links.
 */
import { link, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { formatBytes } from '@shoal/cli'
import { startConstellation, type Constellation } from '../constellation/constellation.ts'
import { startEdgeCache, whyNoEdgeCache, type EdgeCache } from '../lab/edge-cache.ts'
import { createLab, type Host, type Lab } from '../lab/lab.ts'
import { whyNoNamespaces } from '../lab/namespaces.ts'
import { writeContent } from './content.ts'
import { crowdFigures, idealFigures, type Ideal } from './crowd-figures.ts'
import { crowdOfLibtorrent } from './crowd-libtorrent.ts'
import { crowdOfShoal } from './crowd-shoal.ts'
import { machine, type BenchResult, type Column, type Figures, type Skipped } from './result.ts'
import { runOnce } from './run-once.ts'

export interface CrowdPlan {
  scenario: 'flash-crowd' | 'two-sites' | 'rolling' | 'edge-cache'
  sites: number
  /** Of each site. */
  peers: number
  sizeBytes: number
  /** Bits a second. */
  uplinkRate: number
  lanRate: number
  /** Between one start and the next; 0 starts all at once. */
  joinEveryMs: number
  /** Whether nginx stands before the origin, and sites know nothing of each other. */
  edge: boolean
}

export interface Stage {
  readonly plan: CrowdPlan
  readonly lab: Lab
  readonly constellation: Constellation
  /** What peers take for the origin. */
  readonly originUrl: string
  /** Folder with the one file that everybody wants, and that file. */
  readonly source: string
  readonly file: string
}

/** A peer of the crowd, on the clock of this process. */
export interface Arrival {
  startedMs: number
  doneMs: number
}

export interface CrowdRun {
  arrivals: Arrival[]
  /** What came in over each site's uplink, headers included. */
  uplinkBytes: number[]
  /** What the origin itself sent, headers included. */
  originBytes: number
  /** Received and thrown away, by all together. */
  wastedBytes: number
  cpuSeconds: number | undefined
  /** Whatever else one contender alone can tell. */
  more?: Record<string, number | string>
}

export const CROWD_COLUMNS: readonly Column[] = [
  { title: 'LAST PEER', key: 'elapsedMs', unit: 'ms' },
  { title: '÷ LINE', key: 'lastToLine', unit: 'number' },
  { title: '÷ IDEAL', key: 'lastToIdeal', unit: 'number' },
  { title: 'MEDIAN PEER', key: 'medianMs', unit: 'ms' },
  { title: '÷ IDEAL', key: 'medianToIdeal', unit: 'number' },
  { title: 'COPIES', key: 'uplinkCopies', unit: 'number' },
  { title: 'OF ORIGIN', key: 'originCopies', unit: 'number' },
  { title: 'WASTED', key: 'wastedShare', unit: 'number' },
  { title: 'CPU', key: 'cpuSeconds', unit: 's' },
]

const PLAIN_TIMEOUT_MS = 600_000

export async function benchCrowd(plan: CrowdPlan, note: (text: string) => void): Promise<BenchResult> {
  const missing = whyNoNamespaces() ?? (plan.edge ? await whyNoEdgeCache() : undefined)
  if (missing !== undefined) throw new Error(missing)
  const params = { ...plan, ...machine() }
  await using stack = new AsyncDisposableStack()
  const lab = stack.use(createLab({ sites: sitesOf(plan), servers: ['origin', 'edge'] }))
  const constellation = stack.use(
    // Peers of one LAN find each other; those of two need somebody who introduces them.
    await startConstellation({
      product: 'bench',
      tracker: plan.sites > 1 && !plan.edge,
      servers: lab.server('origin'),
    }),
  )
  const source = join(constellation.ground.dir, 'source')
  await mkdir(source)
  const originUrl = plan.edge ? (await startEdge(stack, lab, constellation)).url : constellation.origin.url
  const stage: Stage = { plan, lab, constellation, originUrl, source, file: join(source, 'content') }
  await writeContent(stage.file, plan.sizeBytes)
  // Beside the release: what the web seed and the plain download are asked for.
  await link(stage.file, join(constellation.origin.dir, 'content'))
  note(`${plan.sites} × ${plan.peers} peers, one file of ${formatBytes(plan.sizeBytes)}`)

  const shoal = await crowdOfShoal(stage)
  note('libtorrent')
  const libtorrent = await crowdOfLibtorrent(stage)
  note('one plain download')
  const ideal: Ideal = { lineMs: (plan.sizeBytes * 8_000) / plan.uplinkRate, aloneMs: await timeAlone(stage) }
  const figures = {
    shoal: crowdFigures(shoal, plan, ideal),
    libtorrent: 'skipped' in libtorrent ? libtorrent : crowdFigures(libtorrent, plan, ideal),
    ideal: idealFigures(plan, ideal),
  }
  return { scenario: plan.scenario, params, ...figures, ratios: ratiosOf(figures.shoal, figures.libtorrent) }
}

export function siteName(at: number): string {
  return `site${at + 1}`
}

/** Every place for a peer, one site after another. */
export function placesOf({ plan, lab }: Stage): { name: string; site: string; at: Host }[] {
  return Array.from({ length: plan.sites }, (_, at) => siteName(at)).flatMap((site) =>
    lab.site(site).hosts.map((at, i) => ({ name: `${site}-${i + 1}`, site, at })),
  )
}

/** Counts from now on; call what it returns for what came meanwhile. */
export function countLinks({ plan, lab }: Stage): () => Pick<CrowdRun, 'uplinkBytes' | 'originBytes'> {
  const count = (): number[] => Array.from({ length: plan.sites }, (_, at) => lab.site(siteName(at)).uplink().inBytes)
  const sent = (): number => lab.server('origin').traffic().outBytes
  const [before, sentBefore] = [count(), sent()]
  return () => ({
    uplinkBytes: count().map((bytes, at) => bytes - (before[at] ?? 0)),
    originBytes: sent() - sentBefore,
  })
}

async function startEdge(stack: AsyncDisposableStack, lab: Lab, { ground, origin }: Constellation): Promise<EdgeCache> {
  return stack.use(await startEdgeCache(lab.server('edge'), origin.url, join(ground.dir, 'edge')))
}

function sitesOf({ sites, peers, uplinkRate, lanRate }: CrowdPlan): Record<string, object & { hosts: number }> {
  const site = { hosts: peers, uplinkRate, lanRate }
  return Object.fromEntries(Array.from({ length: sites }, (_, at) => [siteName(at), site]))
}

/** One curl, nobody else on the line: what no swarm of one uplink can beat. */
async function timeAlone(stage: Stage): Promise<number> {
  const url = `${stage.originUrl.replace(/\/$/, '')}/content`
  const limit = ['--max-time', String(PLAIN_TIMEOUT_MS / 1000)]
  const curl = ['--silent', '--fail', ...limit, '--output', '/dev/null', '--write-out', '%{time_total}', url]
  const [command, ...args] = [...(placesOf(stage)[0]?.at.via ?? []), 'curl', ...curl]
  const { stdout } = await runOnce(command ?? 'curl', args)
  return Number(stdout) * 1000
}

function ratiosOf(shoal: Figures, libtorrent: Figures | Skipped): Record<string, number> {
  const own = ['lastToLine', 'lastToIdeal', 'medianToIdeal', 'uplinkCopies', 'originCopies', 'wastedShare']
  const known = own.filter((key) => shoal[key] !== undefined)
  const ratios = Object.fromEntries(known.map((key) => [key, Number(shoal[key])]))
  if ('skipped' in libtorrent) return ratios
  const speed = Number((libtorrent.elapsedMs / shoal.elapsedMs).toPrecision(3))
  return { ...ratios, 'libtorrent.speed': speed }
}
