/**
 * Where libp2p keeps the peers that it heard of, and kad-dht the records that others put there. Neither counts them, and anybody who may
 * connect can add to both; here each kind has a limit, and what was not touched for longest makes room.
 */
import { NotFoundError } from '@libp2p/interface'
import type { Libp2pOptions } from 'libp2p'
import { LIMITS } from '../limits.ts'

type Datastore = NonNullable<Libp2pOptions['datastore']>
type Key = Parameters<Datastore['get']>[0]

interface Pair {
  key: Key
  value: Uint8Array
}

interface Kind {
  prefix: string
  entriesMax: number
}

const KINDS: readonly Kind[] = [
  { prefix: '/peers/', entriesMax: LIMITS.storedPeersMax },
  { prefix: '/dht/provider/', entriesMax: LIMITS.storedProvidersMax },
  { prefix: '/', entriesMax: LIMITS.storedRecordsMax },
]

export function createBoundedStore(kinds: readonly Kind[] = KINDS): Datastore {
  /** By kind; the oldest first. */
  const entries = kinds.map(() => new Map<string, Pair>())

  function kindOf(key: string): number {
    const at = kinds.findIndex(({ prefix }) => key.startsWith(prefix))
    if (at === -1) throw new RangeError(`no kind of entry begins like ${key}`)
    return at
  }

  function put(key: Key, value: Uint8Array): Key {
    const at = kindOf(key.toString())
    const of = entries[at] as Map<string, Pair>
    of.delete(key.toString())
    const oldest = of.keys().next().value
    if (of.size >= (kinds[at] as Kind).entriesMax && oldest !== undefined) of.delete(oldest)
    of.set(key.toString(), { key, value })
    return key
  }

  function touch(key: Key): Pair | undefined {
    const of = entries[kindOf(key.toString())]
    const found = of?.get(key.toString())
    if (found === undefined) return undefined
    of?.delete(key.toString())
    of?.set(key.toString(), found)
    return found
  }

  function get(key: Key): Uint8Array {
    const found = touch(key)
    if (found === undefined) throw new NotFoundError('not found')
    return found.value
  }

  function remove(key: Key): void {
    entries[kindOf(key.toString())]?.delete(key.toString())
  }

  function matching(prefix: string | undefined): Pair[] {
    const wanted = prefix ?? '/'
    const where = entries.filter((_, at) => {
      const known = (kinds[at] as Kind).prefix
      return known.startsWith(wanted) || wanted.startsWith(known)
    })
    return where.flatMap((of) => [...of.values()]).filter(({ key }) => key.toString().startsWith(wanted))
  }

  return {
    put: (key, value) => put(key, value),
    get: (key) => get(key),
    has: (key) => touch(key) !== undefined,
    delete: (key) => remove(key),
    async *putMany(source) {
      for await (const { key, value } of source) yield put(key, value)
    },
    async *getMany(source) {
      for await (const key of source) yield { key, value: get(key) }
    },
    async *deleteMany(source) {
      for await (const key of source) {
        remove(key)
        yield key
      }
    },
    batch() {
      const todo: (() => unknown)[] = []
      return {
        put: (key, value) => void todo.push(() => put(key, value)),
        delete: (key) => void todo.push(() => remove(key)),
        commit: () => todo.splice(0).forEach((work) => work()),
      }
    },
    *query({ prefix, filters = [], orders = [], offset = 0, limit = Infinity }) {
      const found = matching(prefix).filter((pair) => filters.every((filter) => filter(pair)))
      for (const order of orders) found.sort(order)
      yield* found.slice(offset, offset + limit)
    },
    *queryKeys({ prefix, filters = [], orders = [], offset = 0, limit = Infinity }) {
      const found = matching(prefix)
        .map(({ key }) => key)
        .filter((key) => filters.every((filter) => filter(key)))
      for (const order of orders) found.sort(order)
      yield* found.slice(offset, offset + limit)
    },
  }
}
