/** What the demo shows, in order: publish, a first wave to five peers, an update, a staged rollout, one that fails; and the check of it all. */
import { join } from 'node:path'
import { formatBytes, formatDuration } from '@shoal/cli'
import { compareTrees } from '../constellation/compare-trees.ts'
import type { Constellation } from '../constellation/constellation.ts'
import { ConstellationError } from '../constellation/error.ts'
import type { Operator } from '../constellation/operator.ts'
import { buildTree, nodeDistribution, packageFolder, packageVersion } from '../constellation/tree.ts'
import { breakCompiler, CANARY, health, openRolloutAct } from './rollout.ts'
import { peerTable, siteTable, updateSentence, waveSentence, whyOrigin } from './report.ts'
import type { Screen } from './screen.ts'
import { runWave, type Arrival } from './wave.ts'

const PEERS = [
  { name: 'waw-1', site: 'warsaw', follow: health },
  { name: 'waw-2', site: 'warsaw', follow: health },
  { name: 'waw-3', site: 'warsaw', follow: health },
  { name: 'lis-1', site: 'lisbon', follow: health, config: { labels: CANARY } },
  { name: 'lis-2', site: 'lisbon', follow: health },
]

/** @returns what `--keep` needs to say how to look around */
export async function tellStory(constellation: Constellation, screen: Screen, signal: AbortSignal): Promise<Operator> {
  const trees = await screen.during('copying real software from node_modules', buildReleases(constellation))
  signal.throwIfAborted()

  await publish(constellation, screen, '1.0', trees.first, signal)
  screen.heading('first wave', 'five peers in two sites want 1.0 at the same time')
  const participants = PEERS.map((each) => ({ ...each, peer: constellation.startPeer(each) }))
  const first = await runWave(participants, '1.0', screen, signal)
  await check(constellation, '1.0', trees.first.folder, screen)

  await publish(constellation, screen, '2.0', trees.second, signal)
  screen.heading('update', 'the same peers notice 2.0 and take what changed')
  const second = await runWave(participants, '2.0', screen, signal)

  report(first, second, screen)
  await check(constellation, '2.0', trees.second.folder, screen)
  return rollOut(constellation, trees, screen, signal)
}

async function rollOut(
  constellation: Constellation,
  { third, broken }: Trees,
  screen: Screen,
  signal: AbortSignal,
): Promise<Operator> {
  screen.heading('rollouts', 'from now on devices install what the tracker offers them, ring by ring')
  const act = await openRolloutAct(constellation, screen, signal)
  screen.line(`dashboard ${constellation.tracker?.http ?? ''}`)

  await publish(constellation, screen, '3.0', third, signal)
  screen.heading('rollout of 3.0', 'one canary, then the site of warsaw, then everybody')
  await act.roll('3.0')
  await check(constellation, '3.0', third.folder, screen)

  await publish(constellation, screen, '4.0', broken, signal)
  screen.heading('rollout of 4.0', 'its compiler does not start, which is what each device tries')
  const { rings } = await act.roll('4.0')
  const touched = rings.reduce((all, { began }) => all + began, 0)
  screen.line(`${touched} of ${constellation.peers.length} devices had begun; it went back by itself`)
  await check(constellation, '3.0', third.folder, screen)
  return act.operator
}

interface Release {
  folder: string
  what: string
}

interface Trees {
  first: Release
  second: Release
  third: Release
  broken: Release
}

async function buildReleases({ ground }: Constellation): Promise<Trees> {
  const node = await nodeDistribution()
  const build = async (version: string, ...tools: { title: string; from: string; as: string }[]): Promise<Release> => {
    const folder = join(ground.dir, 'builds', version)
    const parts = [{ title: 'Node', from: node, as: 'node' }, ...tools]
    buildTree(folder, parts)
    const titles = await Promise.all(parts.map(async ({ title, from }) => `${title} ${await packageVersion(from)}`))
    return { folder, what: titles.join(' + ') }
  }
  const older = { title: 'TypeScript', from: packageFolder('typescript-5.9.2'), as: 'typescript' }
  const newer = { ...older, from: packageFolder('typescript-5.9.3') }
  const prettier = { title: 'Prettier', from: packageFolder('prettier'), as: 'prettier' }
  const broken = await build('4.0', newer, prettier)
  await breakCompiler(broken.folder)
  return {
    first: await build('1.0', older),
    second: await build('2.0', newer),
    third: await build('3.0', newer, prettier),
    broken: { ...broken, what: `${broken.what}, cut off by a careless build` },
  }
}

async function publish(
  constellation: Constellation,
  screen: Screen,
  version: string,
  { folder, what }: Release,
  signal: AbortSignal,
): Promise<void> {
  screen.heading(`publish ${version}`, what)
  const publishing = constellation.publish(version, folder)
  const { files, bytes, chunks, newBytes, uploadedBytes, elapsedMs } = await screen.during('publishing', publishing)
  signal.throwIfAborted()
  const counts = `${files.toLocaleString('en')} files, ${formatBytes(bytes)}, ${chunks.toLocaleString('en')} chunks`
  const upload = `${formatBytes(newBytes)} new, ${formatBytes(uploadedBytes)} uploaded in ${formatDuration(elapsedMs)}`
  screen.line(`${counts}; ${upload}`)
}

function report(first: readonly Arrival[], second: readonly Arrival[], screen: Screen): void {
  const { paint } = screen
  for (const [title, arrivals, sentence] of [
    ['first wave, 1.0', first, waveSentence(first, paint)],
    ['update to 2.0', second, updateSentence(second, paint)],
  ] as const) {
    screen.heading(title)
    screen.line(`${peerTable(arrivals, paint)}\n`)
    screen.line(`${siteTable(arrivals, paint)}\n`)
    screen.line(sentence)
    const why = whyOrigin(arrivals)
    if (why !== '') screen.line(paint('dim', why))
  }
}

/** Every installed tree against the published one: contents, names, links, executable bits. */
async function check({ peers }: Constellation, version: string, published: string, screen: Screen): Promise<void> {
  const startedAt = performance.now()
  let summary = ''
  for (const { name, tree } of peers) {
    const { files, bytes, differences } = compareTrees(published, tree)
    if (differences.length > 0)
      throw new ConstellationError(
        'TREE_DIFFERS',
        `${name} is not what was published as ${version}:\n${differences.join('\n')}`,
      )
    summary = `${files.toLocaleString('en')} files, ${formatBytes(bytes)}`
    // The screen and Ctrl-C get their turn between trees.
    await new Promise(setImmediate)
  }
  const took = screen.paint('dim', `(${formatDuration(performance.now() - startedAt)})`)
  const tick = screen.paint('green', '✓')
  screen.line(`${tick} ${peers.length} installed trees equal the published ${version}: ${summary}, modes ${took}`)
}
