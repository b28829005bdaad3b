import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PeerError } from '../error.ts'
import type { Neighbour, Neighbours } from '../neighbours/index.ts'
import type { OriginClient } from '../origin/index.ts'
import { hear, type Heard, type Speakers } from './hear.ts'

type Files = Record<string, Uint8Array | Promise<Uint8Array | undefined>>

const NEVER = new Promise<undefined>(() => undefined)

function timestamp(version: number): Uint8Array {
  return Buffer.from(JSON.stringify({ signed: { _type: 'timestamp', version, expires: '2040-01-01T00:00:00Z' } }))
}

function neighbourWith(key: string, files: Files): Neighbour {
  return { key, requester: { fetchMetadata: (file: string) => Promise.resolve(files[file]) } } as unknown as Neighbour
}

function originWith(files: Files): Pick<OriginClient, 'fetchMetadata'> {
  return { fetchMetadata: (file) => Promise.resolve(files[file]) }
}

/** Neighbours that are linked when the round begins, and how another comes. */
function neighboursOf(
  ...linked: Neighbour[]
): Pick<Neighbours, 'linked' | 'onLinked'> & { link(one: Neighbour): void } {
  const listeners = new Set<(neighbour: Neighbour) => void>()
  return {
    linked: () => linked,
    onLinked: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    link: (one) => listeners.forEach((listener) => listener(one)),
  }
}

function round(speakers: Partial<Speakers> & Pick<Speakers, 'neighbours'>): {
  heard: Promise<Heard>
  unreadable: string[]
  isOver: () => boolean
} {
  const unreadable: string[] = []
  let over = false
  const proves: Speakers['proves'] = ({ timestamp }) => timestamp !== undefined
  const options = {
    origin: undefined,
    expectsNeighbours: true,
    isKnown: false,
    proves,
    signal: AbortSignal.timeout(60_000),
  }
  const heard = hear(2, { ...options, ...speakers }, ({ key }) => void unreadable.push(key))
  void heard.then(() => (over = true))
  return { heard, unreadable, isOver: () => over }
}

const versionsOf = ({ timestamps }: Heard): number[] =>
  timestamps.map(
    (bytes) => (JSON.parse(Buffer.from(bytes).toString()) as { signed: { version: number } }).signed.version,
  )

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('the first round', () => {
  it('is not cut short by a neighbour whose timestamp is forged', async () => {
    const slow = Promise.withResolvers<Uint8Array>()
    const neighbours = neighboursOf(neighbourWith('forger', { 'timestamp.json': timestamp(9) }))
    const { heard, isOver } = round({
      neighbours,
      origin: originWith({ 'timestamp.json': slow.promise }),
      proves: ({ timestamp: said }) => said !== undefined && !Buffer.from(said).includes('"version":9'),
    })
    await vi.advanceTimersByTimeAsync(30_000)
    expect(isOver()).toBe(false)
    slow.resolve(timestamp(2))
    await vi.advanceTimersByTimeAsync(1_000)
    expect(versionsOf(await heard)).toEqual([9, 2])
  })

  it('is over with the answer of the origin when nobody else was asked', async () => {
    const { heard } = round({ neighbours: neighboursOf(), origin: originWith({ 'timestamp.json': timestamp(1) }) })
    expect(await heard).toMatchObject({ origin: 'answered', from: 'origin' })
  })

  it('is over with the answer of the origin also when it has nothing', async () => {
    const { heard } = round({ neighbours: neighboursOf(), origin: originWith({}) })
    expect(await heard).toMatchObject({ origin: 'answered', from: 'nobody', timestamps: [] })
  })

  it('gives neighbours that were asked as long again, and does not wait for one that is silent', async () => {
    const [slow, first] = [Promise.withResolvers<Uint8Array>(), Promise.withResolvers<Uint8Array>()]
    const neighbours = neighboursOf(
      neighbourWith('slow', { 'timestamp.json': slow.promise }),
      neighbourWith('silent', { 'timestamp.json': NEVER }),
    )
    const { heard, isOver } = round({ neighbours, origin: originWith({ 'timestamp.json': first.promise }) })
    await vi.advanceTimersByTimeAsync(300)
    first.resolve(timestamp(1))
    await vi.advanceTimersByTimeAsync(250)
    slow.resolve(timestamp(2))
    await vi.advanceTimersByTimeAsync(45)
    expect(isOver()).toBe(false)
    await vi.advanceTimersByTimeAsync(10)
    expect(isOver()).toBe(true)
    expect(versionsOf(await heard)).toEqual([1, 2])
  })

  it('without an origin also hears a neighbour that is linked a moment after the first has answered', async () => {
    const neighbours = neighboursOf(neighbourWith('behind', { 'timestamp.json': timestamp(1) }))
    const { heard } = round({ neighbours })
    await vi.advanceTimersByTimeAsync(90)
    neighbours.link(neighbourWith('ahead', { 'timestamp.json': timestamp(2) }))
    await vi.advanceTimersByTimeAsync(10)
    expect(versionsOf(await heard)).toEqual([1, 2])
  })

  it('without an origin waits for the first neighbour that has something, until it is stopped', async () => {
    const stop = new AbortController()
    const neighbours = neighboursOf(neighbourWith('empty', {}))
    const { heard, isOver } = round({ neighbours, signal: stop.signal })
    await vi.advanceTimersByTimeAsync(50_000)
    expect(isOver()).toBe(false)
    stop.abort()
    expect(await heard).toMatchObject({ origin: 'none', from: 'nobody' })
  })

  it('with metadata on disk waits for nobody longer than a little', async () => {
    const { heard } = round({ neighbours: neighboursOf(), isKnown: true })
    await vi.advanceTimersByTimeAsync(5_000)
    expect(await heard).toMatchObject({ timestamps: [] })
  })

  it('gives an origin that is slow a while once a neighbour has answered', async () => {
    const late = Promise.withResolvers<Uint8Array>()
    const neighbours = neighboursOf(neighbourWith('near', { 'timestamp.json': timestamp(1) }))
    const { heard } = round({ neighbours, origin: originWith({ 'timestamp.json': late.promise }) })
    await vi.advanceTimersByTimeAsync(4_900)
    late.resolve(timestamp(3))
    expect(versionsOf(await heard)).toEqual([1, 3])
  })

  it('goes on when the origin cannot be asked, and keeps why', async () => {
    const down = new PeerError('ORIGIN_UNREACHABLE', 'nobody there')
    const origin = { fetchMetadata: () => Promise.reject(down) }
    const neighbours = neighboursOf(neighbourWith('near', { 'timestamp.json': timestamp(1) }))
    const { heard } = round({ neighbours, origin, expectsNeighbours: false })
    expect(await heard).toMatchObject({ origin: 'failed', originError: down, from: 'neighbour' })
  })

  it('tells of a neighbour whose answer is no metadata, and goes on as if it had none', async () => {
    const neighbours = neighboursOf(
      neighbourWith('liar', { 'timestamp.json': Buffer.from('nothing'), '2.root.json': timestamp(9) }),
      neighbourWith('honest', { 'timestamp.json': timestamp(1) }),
    )
    const { heard, unreadable } = round({ neighbours, expectsNeighbours: false })
    const { roots, timestamps } = await heard
    expect([roots.length, timestamps.length]).toEqual([0, 1])
    expect(unreadable).toEqual(['liar', 'liar'])
  })
})
