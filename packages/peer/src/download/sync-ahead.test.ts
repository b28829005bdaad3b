import { expect, it } from 'vitest'
import { createSyncAhead } from './sync-ahead.ts'

const MIB = 1 << 20
const SLOW = 6e6

function disk() {
  const syncs: PromiseWithResolvers<undefined>[] = []
  return {
    syncs,
    syncAhead(): Promise<undefined> {
      const sync = Promise.withResolvers<undefined>()
      syncs.push(sync)
      return sync.promise
    },
  }
}

it('syncs what a slow download brought, once it is worth it and one sync at a time', async () => {
  const { syncs, ...staging } = disk()
  const ahead = createSyncAhead(staging)
  for (let i = 0; i < 3; i++) await ahead.written(MIB, SLOW)
  expect(syncs).toHaveLength(0)
  const first = ahead.written(MIB, SLOW)
  for (let i = 0; i < 9; i++) await ahead.written(MIB, SLOW)
  expect(syncs).toHaveLength(1)
  syncs[0]?.resolve(undefined)
  await first
  void ahead.written(MIB, SLOW)
  expect(syncs).toHaveLength(2)
})

it('syncs a fast download in larger steps', async () => {
  const { syncs, ...staging } = disk()
  const ahead = createSyncAhead(staging)
  for (let i = 0; i < 24; i++) await ahead.written(MIB, 250 * MIB)
  expect(syncs).toHaveLength(0)
  void ahead.written(MIB, 250 * MIB)
  expect(syncs).toHaveLength(1)
})

it('says what the disk said, and goes on', async () => {
  const { syncs, ...staging } = disk()
  const ahead = createSyncAhead(staging)
  const failing = ahead.written(8 * MIB, SLOW)
  syncs[0]?.reject(new Error('EIO'))
  await expect(failing).rejects.toThrow('EIO')
  void ahead.written(8 * MIB, SLOW)
  expect(syncs).toHaveLength(2)
})
