import type { Store } from './store.ts'

/**
 * The same store, and how long each operation took.
 * @param onDone hears of failed ones too
 */
export function measureStore(store: Store, onDone: (operation: string, seconds: number) => void): Store {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function' || typeof name !== 'string') return member
      return async (...parameters: unknown[]): Promise<unknown> => {
        const startedMs = performance.now()
        try {
          return await (Reflect.apply(member, target, parameters) as Promise<unknown>)
        } finally {
          onDone(name, (performance.now() - startedMs) / 1_000)
        }
      }
    },
  })
}
