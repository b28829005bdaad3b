// What somebody gets from a private fleet who is on its LAN and speaks its protocols, but is no member; and what that costs the members.
// The bound is that of docs/protocol.md, "What strangers cost".
import { Socket } from 'node:net'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseTrustedRoot } from '@shoal/release'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readAddresses } from '../../packages/peer/src/config/index.ts'
import { LIMITS } from '../../packages/tracker/src/limits.ts'
import { cpuSecondsOf, peakMemoryOf } from '../bench/cpu.ts'
import type { Peer } from '../constellation/peer.ts'
import { protocolsOf, startIntruder, type Approach, type Intruder } from './intruder.ts'
import { openPrivateFleet, type PrivateFleet } from './private-fleet.ts'

const TIMEOUT_MS = 30_000
const DIAL_MS = 8_000
/** The stated bound: CPU of one inbound encryption that leads to nothing, and of one connection that is refused before it. */
const HANDSHAKE_CPU_MS = 25
const REFUSAL_CPU_MS = 2
const DIALS_EACH = 50

let fleet: PrivateFleet
let id: string
let member: Peer
beforeAll(async () => {
  fleet = await openPrivateFleet()
  id = parseTrustedRoot(await readFile(join(fleet.repository, 'root.json'))).fleet
  member = await fleet.startMember('member', [], { origin: fleet.origin })
  await member.until('installed', { timeoutMs: TIMEOUT_MS })
})
afterAll(() => fleet[Symbol.asyncDispose]())

async function dial(intruder: Intruder, address: string): Promise<void> {
  const connection = await intruder.node.dial(readAddresses([address], '', true), {
    signal: AbortSignal.timeout(DIAL_MS),
  })
  // With an early muxer the dialler thinks that it is through; then it tries all that members say to each other.
  const attempts = protocolsOf(id).map(async (protocol) => {
    const stream = await connection.newStream(protocol, { signal: AbortSignal.timeout(DIAL_MS) })
    stream.abort(new Error('it was opened'))
    return protocol
  })
  const opened = (await Promise.allSettled(attempts)).filter(({ status }) => status === 'fulfilled')
  expect(opened).toEqual([])
  throw new Error('it was let in, and could open nothing')
}

function nothingGotTo(intruder: Intruder): void {
  expect(intruder.identified).toEqual([])
  expect(intruder.heard.every((bytes) => bytes.length > 1)).toBe(true)
  const text = Buffer.concat(intruder.heard).toString('latin1')
  expect(text).not.toMatch(/shoal|game|stable|waw|device|12D3KooW/)
  expect(text).not.toContain(id)
}

async function strangersAt(peer: Peer): Promise<string[]> {
  const { neighbours } = (await peer.status()) as { neighbours: { id: string }[] }
  return neighbours.map((each) => each.id)
}

describe.each<Approach>(['plain', 'forged'])('an intruder with a %s handshake', (approach) => {
  it('that dials a member gets no chunk, no metadata, no peer list and no name of a protocol', async () => {
    await using intruder = await startIntruder(id, approach)
    for (const address of member.addresses) await expect(dial(intruder, address)).rejects.toThrow()
    nothingGotTo(intruder)
    expect(await strangersAt(member)).not.toContain(intruder.id)
  })

  it('that dials the tracker gets nothing either', async () => {
    await using intruder = await startIntruder(id, approach)
    for (const address of fleet.trackers) await expect(dial(intruder, address)).rejects.toThrow()
    nothingGotTo(intruder)
  })

  it('that a member dials, because it was told of it, hears one frame of noise at most', async () => {
    await using intruder = await startIntruder(id, approach)
    const dialled = new Promise((resolve) =>
      intruder.node.addEventListener('connection:close', resolve, { once: true }),
    )
    const misled = await fleet.startMember(`misled-${approach}`, [], {
      peers: intruder.addresses,
      origin: fleet.origin,
    })
    await misled.until('installed', { timeoutMs: TIMEOUT_MS })
    if (approach === 'plain') await dialled
    nothingGotTo(intruder)
    expect(await strangersAt(misled)).not.toContain(intruder.id)
    await misled.kill('SIGTERM')
  })
})

describe('what an intruder costs a member', () => {
  it('stays under the stated CPU, however often it dials, and members go on', async () => {
    await using stack = new AsyncDisposableStack()
    const identities = Array.from({ length: 8 }, async () => stack.use(await startIntruder(id, 'forged')))
    const intruders = await Promise.all(identities)
    const [address = ''] = member.addresses
    const { pid } = member.program
    const before = { cpu: cpuSecondsOf(pid) ?? 0, atMs: performance.now() }
    await Promise.all(
      intruders.map(async (intruder) => {
        for (let attempt = 0; attempt < DIALS_EACH; attempt++) await dial(intruder, address).catch(() => undefined)
      }),
    )
    const elapsedMs = performance.now() - before.atMs
    const cpuMs = ((cpuSecondsOf(pid) ?? 0) - before.cpu) * 1_000
    const encrypted = intruders.reduce((sum, intruder) => sum + intruder.encrypted, 0)
    const handshakesMax = LIMITS.strangersPerHostBurst + Math.ceil(elapsedMs / LIMITS.strangersPerHostRefillMs)
    const cpuMsMax = handshakesMax * HANDSHAKE_CPU_MS + intruders.length * DIALS_EACH * REFUSAL_CPU_MS + elapsedMs / 20
    expect(encrypted).toBeGreaterThan(0)
    expect(encrypted).toBeLessThanOrEqual(handshakesMax)
    expect(cpuMs).toBeLessThan(cpuMsMax)
    for (const intruder of intruders) nothingGotTo(intruder)
  })

  it('stays under the stated memory and time, when connections are opened and nothing is said', async () => {
    const port = /tcp\/(\d+)/.exec(member.addresses[0] ?? '')?.[1]
    const before = peakMemoryOf(member.program.pid) ?? 0
    const started = performance.now()
    const sockets = Array.from({ length: 300 }, () => new Socket().connect(Number(port), '127.0.0.1'))
    await Promise.all(
      sockets.map(async (socket) => {
        // How it is refused does not matter, only that it is.
        socket.on('error', () => undefined)
        socket.resume()
        await new Promise((resolve) => socket.once('close', resolve))
      }),
    )
    expect(performance.now() - started).toBeLessThan(LIMITS.inboundUpgradeTimeoutMs + 5_000)
    expect((peakMemoryOf(member.program.pid) ?? 0) - before).toBeLessThan(64 << 20)
  }, 30_000)

  it('does not keep members from each other', async () => {
    const late = await fleet.startMember('late', [], { peers: member.addresses })
    const { bytes } = await late.until('installed', { timeoutMs: TIMEOUT_MS })
    expect(bytes.origin).toBe(0)
    await late.kill('SIGTERM')
  })
})
