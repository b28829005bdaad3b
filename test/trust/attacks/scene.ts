/** Where an attack happens: a fleet with a root file, origins for as many sides as there are, and real peers that want to install. */
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openGround, type Ground } from '../../constellation/ground.ts'
import type { Failure, Installed } from '../../constellation/peer-records.ts'
import { startPeer, type Peer, type PeerOptions } from '../../constellation/peer.ts'
import { startGate } from '../../e2e/gate.ts'
import { startMemoryOrigin } from '../../faults/memory-origin.ts'
import type { LyingPeer } from './lying-peer.ts'
import { newShelf, publish, type Shelf } from './shelf.ts'

export interface Scene extends AsyncDisposable {
  readonly ground: Ground
  /** The root.json that every peer is given. */
  readonly root: string
  /** As the publisher's origin stands: 1.0 and then 2.0 were published, one file `version.txt` each. */
  readonly honest: Shelf
  /** The same when 1.0 was new. */
  readonly old: Shelf
  /** Serves a shelf as it is at each request; its address. */
  serve(shelf: Shelf): Promise<string>
  start(name: string, options: Partial<PeerOptions>): Promise<Peer>
  /** Installs once and ends. The same name is the same machine, with what it kept. */
  get(name: string, options: Partial<PeerOptions>): Promise<Outcome>
  /** The same beside neighbours, who are all asked before the origin, with this shelf, answers anything. */
  getBeside(neighbours: LyingPeer | readonly LyingPeer[], shelf: Shelf, name: string): Promise<Outcome>
  /** A machine that has installed 2.0 and knows all that is in `honest`. */
  updated(name: string): Promise<void>
}

export interface Outcome {
  code: number | null
  /** What is current afterwards. */
  version: string | undefined
  summary: Installed | undefined
  failure: Failure | undefined
  peer: Peer
}

export async function openScene(): Promise<Scene> {
  await using stack = new AsyncDisposableStack()
  const ground = stack.use(await openGround())
  const root = join(ground.dir, 'root.json')
  const honest = newShelf()
  publish(honest, '1.0')
  const old = new Map(honest)
  publish(honest, '2.0')
  await writeFile(root, honest.get('tuf/1.root.json') ?? '')

  const start: Scene['start'] = (name, options) =>
    startPeer(ground, { name, mode: 'get', target: 'demo@stable', root, timeoutSeconds: 30, ...options })
  const serve: Scene['serve'] = async (shelf) => kept.use(await startMemoryOrigin(shelf)).url

  async function get(name: string, options: Partial<PeerOptions>): Promise<Outcome> {
    const peer = await start(name, options)
    const { code } = await peer.program.exited
    const [summary, failure] = [peer.program.latest('summary'), peer.program.latest('error')]
    return { code, version: await currentVersion(peer), summary, failure, peer }
  }

  const getBeside: Scene['getBeside'] = async (neighbours, shelf, name) => {
    const all = [neighbours].flat()
    await using gate = await startGate(await serve(shelf))
    void Promise.all(all.map(({ asked }) => asked)).then(() => gate.open())
    return await get(name, { origin: gate.address, peers: all.map(({ address }) => address) })
  }

  /** Once installed, it is copied for every machine that is to have this. */
  let model: Promise<string> | undefined
  async function install(name: string): Promise<string> {
    await get(name, { origin: await serve(honest) })
    return join(ground.dir, 'peers', name)
  }

  const kept = stack.move()
  return {
    ground,
    root,
    honest,
    old,
    serve,
    start,
    get,
    getBeside,
    async updated(name) {
      model ??= install('model')
      await cp(await model, join(ground.dir, 'peers', name), { recursive: true, verbatimSymlinks: true })
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

export async function currentVersion({ tree }: Pick<Peer, 'tree'>): Promise<string | undefined> {
  try {
    return await readFile(join(tree, 'version.txt'), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
