import { createPool, type Pool } from './pool.ts'

/** Those that follow one topic, by site, so that near ones and far ones can be drawn without reading them all. */
export interface TopicMembers<T> {
  readonly size: number
  set(peerId: string, site: string | undefined, member: T): void
  delete(peerId: string, site: string | undefined): void
  any(random: () => number): T | undefined
  /** Up to `count` members of a site; nobody is near to somebody who names no site. */
  near(site: string | undefined, count: number, random: () => number): Iterable<T>
  /** Up to `count` of all other sites, spread over the sites rather than over their members. */
  far(site: string | undefined, count: number, random: () => number): Iterable<T>
}

const NO_SITE = ''

export function createTopicMembers<T>(): TopicMembers<T> {
  const all = createPool<T>()
  const sites = createPool<{ site: string; pool: Pool<T> }>()
  const bySite = new Map<string, Pool<T>>()

  return {
    get size() {
      return all.size
    },
    set(peerId, site = NO_SITE, member) {
      let pool = bySite.get(site)
      if (pool === undefined) {
        pool = createPool()
        bySite.set(site, pool)
        sites.set(site, { site, pool })
      }
      pool.set(peerId, member)
      all.set(peerId, member)
    },
    delete(peerId, site = NO_SITE) {
      all.delete(peerId)
      const pool = bySite.get(site)
      pool?.delete(peerId)
      if (pool?.size !== 0) return
      bySite.delete(site)
      sites.delete(site)
    },
    any: (random) => all.draw(random),
    near(site, count, random) {
      const pool = site === undefined ? undefined : bySite.get(site)
      return pool === undefined ? [] : drawn(pool, count, random)
    },
    far(site, count, random) {
      const own = site === undefined ? undefined : bySite.get(site)
      const others = all.size - (own?.size ?? 0)
      if (others <= count) return sites.values().flatMap(({ pool }) => (pool === own ? [] : pool.values()))
      const picked = new Set<T>()
      for (let draws = 0; draws < 2 * count && picked.size < count; draws += 1) {
        const pool = sites.draw(random)?.pool
        const member = pool === own ? undefined : pool?.draw(random)
        if (member !== undefined) picked.add(member)
      }
      return picked
    },
  }
}

/** All of a small pool; of a large one what twice as many draws bring. */
function drawn<T>(pool: Pool<T>, count: number, random: () => number): Iterable<T> {
  if (pool.size <= count) return pool.values()
  const picked = new Set<T>()
  for (let draws = 0; draws < 2 * count && picked.size < count; draws += 1) {
    const member = pool.draw(random)
    if (member !== undefined) picked.add(member)
  }
  return picked
}
