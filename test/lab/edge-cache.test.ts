import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startConstellation } from '../constellation/constellation.ts'
import { startEdgeCache, whyNoEdgeCache } from './edge-cache.ts'
import { createLab } from './lab.ts'
import { whyNoNamespaces } from './namespaces.ts'

const missing = whyNoNamespaces() ?? (await whyNoEdgeCache())
const TIMEOUT_MS = 120_000
const SIZE_BYTES = 12 << 20

describe.skipIf(missing !== undefined)(`an edge cache${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  it(
    'lets two sites that know nothing of each other take a release, and the origin serve each byte once',
    { timeout: TIMEOUT_MS },
    async () => {
      await using stack = new AsyncDisposableStack()
      const sites = { one: { hosts: 2 }, two: { hosts: 2 } }
      const lab = stack.use(createLab({ sites, servers: ['origin', 'edge'] }))
      const constellation = stack.use(
        await startConstellation({ product: 'edge', tracker: false, servers: lab.server('origin') }),
      )
      const { ground, origin } = constellation
      const source = join(ground.dir, 'source')
      await mkdir(source)
      const content = randomBytes(SIZE_BYTES)
      await writeFile(join(source, 'content'), content)
      await constellation.publish('1.0', source)
      const edge = stack.use(await startEdgeCache(lab.server('edge'), origin.url, join(ground.dir, 'edge')))

      const places = Object.keys(sites).flatMap((site) => lab.site(site).hosts.map((at, i) => ({ site, at, i })))
      const peers = await Promise.all(
        places.map(({ site, at, i }) =>
          constellation.startPeer({
            ...{ name: `${site}-${i}`, site, at, mode: 'get', mdns: true, origin: edge.url },
            lingerSeconds: TIMEOUT_MS / 1_000,
          }),
        ),
      )
      const installed = await Promise.all(peers.map((peer) => peer.until('installed', { timeoutMs: TIMEOUT_MS })))
      for (const { tree } of peers) expect((await readFile(join(tree, 'content'))).equals(content)).toBe(true)
      const fromEdge = installed.reduce((sum, { bytes }) => sum + bytes.origin, 0)
      expect(fromEdge).toBeGreaterThanOrEqual(2 * SIZE_BYTES)
      await origin.server.stop()
      const { bytes = 0 } = origin.server.latest('summary') ?? {}
      expect(bytes).toBeGreaterThanOrEqual(SIZE_BYTES)
      // Metadata, manifest and index are some more.
      expect(bytes / SIZE_BYTES).toBeLessThan(1.02)
    },
  )
})
