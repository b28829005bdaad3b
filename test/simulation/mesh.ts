/**
 * Who knows whom: a tracker introduces peers as the real one does (`packages/tracker/src/hand-out`), nearby ones first and
 * some from elsewhere always; each peer connects to a bounded number of them, and lets a bounded number in.
 */
import { applyEvent, LIMITS } from '@shoal/peer'
import type { Actor, Site } from './actor.ts'
import type { Clock } from './clock.ts'
import { sample } from './random.ts'
import { isApart, isAtWork, type Shell } from './shell.ts'

export interface Mesh {
  /** They become known to the tracker together, and are introduced, now and as long as they have room for more. */
  enter(actors: readonly Actor[]): void
  /** It has heard of the release, and so takes part in it with its neighbours. */
  begin(actor: Actor): void
  /** It has everything, and says so. */
  complete(actor: Actor): void
  /** Its neighbours have noticed that it is gone. */
  leave(actor: Actor): void
  /** Ends the connection of two. */
  part(a: Actor, b: Actor): void
  /** Connects two, unless something stands in the way. */
  meet(a: Actor, b: Actor): void
}

/** Of those that the tracker names at a time, at least so many are from beyond the site. */
const FAR_SHARE = 1 / 4
/** Each neighbour takes two links: a stream and a lane. */
const NEIGHBOURS_MOST = LIMITS.inboundLinksMax / 2
const ANNOUNCE_MS = 30_000
/** Of a busy tracker. */
const ANNOUNCES_PER_SECOND = 200
/** Attempts at somebody who is not of the site, for each that is wanted. */
const DRAWS = 4

export function createMesh(clock: Clock, shell: Shell, random: () => number): Mesh {
  const all: Actor[] = []
  const bySite = new Map<Site, Actor[]>()
  const announcesMs = new Map<Actor, number>()

  function announce(actor: Actor): void {
    if (!actor.isAlive || announcesMs.get(actor) !== clock.nowMs) return
    if (!actor.site.isCut && actor.neighbours.size < LIMITS.neighboursMax) introduce(actor)
    const intervalMs = Math.max(ANNOUNCE_MS, (all.length * 1000) / ANNOUNCES_PER_SECOND)
    announceAt(actor, clock.nowMs + intervalMs * (0.8 + 0.4 * random()))
  }

  function announceAt(actor: Actor, ms: number): void {
    announcesMs.set(actor, ms)
    clock.at(ms, () => announce(actor))
  }

  function introduce(actor: Actor): void {
    const near = (bySite.get(actor.site) ?? []).filter((other) => isNew(actor, other))
    const { trackerWantMax, trackerWantCompleteMax } = LIMITS.discovery
    const want = actor.isComplete ? trackerWantCompleteMax : trackerWantMax
    const farMin = Math.ceil(want * FAR_SHARE)
    const far = drawFar(actor, Math.max(farMin, want - near.length))
    for (const other of [...sample(near, want - farMin, random), ...far]) {
      if (actor.neighbours.size >= LIMITS.neighboursMax) return
      meet(actor, other)
    }
  }

  function drawFar(actor: Actor, count: number): Set<Actor> {
    const drawn = new Set<Actor>()
    for (let draw = 0; draw < DRAWS * count && drawn.size < count; draw++) {
      const other = all[Math.floor(random() * all.length)]
      if (other !== undefined && other.site !== actor.site && isNew(actor, other)) drawn.add(other)
    }
    return drawn
  }

  function isNew(actor: Actor, other: Actor): boolean {
    return other !== actor && !actor.neighbours.has(other)
  }

  function meet(a: Actor, b: Actor): void {
    if (!isNew(a, b) || !a.isAlive || !b.isAlive || isApart(a, b) || b.neighbours.size >= NEIGHBOURS_MOST) return
    if (a.core.banned.has(b.peer.name) || b.core.banned.has(a.peer.name)) return
    a.neighbours.add(b)
    b.neighbours.add(a)
    for (const each of [a, b]) each.outcome.neighboursMost = Math.max(each.outcome.neighboursMost, each.neighbours.size)
    takePart(a, b)
  }

  function takePart(a: Actor, b: Actor): void {
    if (!a.hasBegun || !b.hasBegun) return
    hear(a, b)
    hear(b, a)
  }

  function hear(actor: Actor, other: Actor): void {
    if (!isAtWork(actor)) return
    const nowMs = clock.nowMs
    const local = actor.site === other.site
    other.outcome.sent.available++
    applyEvent(actor.core, { type: 'joined', peer: other.peer.name, local, spans: other.held, nowMs })
    if (local) shell.tellFetched(other, actor)
    shell.nudge(actor, nowMs)
  }

  function part(a: Actor, b: Actor): void {
    if (!a.neighbours.delete(b)) return
    b.neighbours.delete(a)
    shell.lost(a, b)
    shell.lost(b, a)
  }

  return {
    enter(actors) {
      for (const actor of actors) {
        all.push(actor)
        const near = bySite.get(actor.site) ?? []
        bySite.set(actor.site, near)
        near.push(actor)
      }
      for (const actor of sample(actors, actors.length, random)) announceAt(actor, clock.nowMs)
    },
    begin(actor) {
      for (const other of actor.neighbours) takePart(actor, other)
    },
    complete(actor) {
      for (const other of actor.neighbours) if (!isApart(actor, other)) hear(other, actor)
    },
    leave(actor) {
      remove(all, actor)
      remove(bySite.get(actor.site) ?? [], actor)
      for (const other of [...actor.neighbours]) part(actor, other)
    },
    part,
    meet,
  }
}

function remove<T>(items: T[], item: T): void {
  const at = items.indexOf(item)
  if (at !== -1) items.splice(at, 1)
}
