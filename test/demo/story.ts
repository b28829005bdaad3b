/** What the demo shows, in order: publish, a first wave to five peers, the next version, an update, and the check of it all. */
import { join } from 'node:path'
import { formatBytes, formatDuration } from '@shoal/cli'
import { compareTrees } from '../constellation/compare-trees.ts'
import type { Constellation } from '../constellation/constellation.ts'
import { ConstellationError } from '../constellation/error.ts'
import { buildTree, nodeDistribution, packageFolder, packageVersion } from '../constellation/tree.ts'
import { peerTable, siteTable, updateSentence, waveSentence, whyOrigin } from './report.ts'
import type { Screen } from './screen.ts'
import { runWave, type Arrival } from './wave.ts'

const PEERS = [
  { name: 'waw-1', site: 'warsaw' },
  { name: 'waw-2', site: 'warsaw' },
  { name: 'waw-3', site: 'warsaw' },
  { name: 'lis-1', site: 'lisbon' },
  { name: 'lis-2', site: 'lisbon' },
]

export async function tellStory(constellation: Constellation, screen: Screen, signal: AbortSignal): Promise<void> {
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
}

interface Release {
  folder: string
  what: string
}

async function buildReleases({ ground }: Constellation): Promise<{ first: Release; second: Release }> {
  const node = await nodeDistribution()
  const build = async (version: string, typescript: string): Promise<Release> => {
    const folder = join(ground.dir, 'builds', version)
    const compiler = packageFolder(typescript)
    buildTree(folder, [
      { from: node, as: 'node' },
      { from: compiler, as: 'typescript' },
    ])
    return { folder, what: `Node ${await packageVersion(node)} + TypeScript ${await packageVersion(compiler)}` }
  }
  return { first: await build('1.0', 'typescript-5.9.2'), second: await build('2.0', 'typescript-5.9.3') }
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
