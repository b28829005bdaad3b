import { rm } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { openFleet } from '../fixture/fleet.ts'
import { keepFresh, type FreshEvent } from './keep-fresh.ts'

const SECOND_DAYS = 1 / 86_400

/** What happens until the first event. */
async function firstEvent(options: { repository: string; origin: string }): Promise<FreshEvent | undefined> {
  const stop = new AbortController()
  let first: FreshEvent | undefined
  await keepFresh(options, stop.signal, (event) => {
    first = event
    stop.abort()
  })
  return first
}

describe('keepFresh', () => {
  it('signs a timestamp that is past half of its life, and stops when it is told to', async () => {
    const channels = [{ channel: 'stable', keys: 1, threshold: 1 }]
    await using fleet = await openFleet({ channels, lifeDays: { timestamp: SECOND_DAYS } })
    const places = { repository: fleet.path('repo'), origin: fleet.path('origin') }
    await fleet.open((repository) => fleet.offer(repository, '1.0'))
    // Expiries are whole seconds: after one more, less than half is left.
    const settings = JSON.parse(await fleet.read('repo/repository.json')) as { lifeDays: { timestamp: number } }
    settings.lifeDays.timestamp = 60 * SECOND_DAYS
    await fleet.write('repo/repository.json', JSON.stringify(settings))
    expect(await firstEvent(places)).toMatchObject({ signed: [{ role: 'timestamp', version: 2 }] })
    expect(await fleet.ask('game@stable')).toMatchObject({ version: '1.0' })
  })

  it('tells what is wrong and goes on, and leaves the repository to others in between', async () => {
    await using fleet = await openFleet()
    const places = { repository: fleet.path('repo'), origin: fleet.path('origin') }
    await fleet.open(async () => {
      expect(await firstEvent(places)).toMatchObject({
        error: { message: expect.stringContaining('another process is at work') },
      })
    })
    expect(await firstEvent(places)).toMatchObject({ signed: [{ role: 'snapshot' }, { role: 'timestamp' }] })
    await rm(fleet.path('repo/root.json'))
    expect(await firstEvent(places)).toMatchObject({ error: { message: expect.stringContaining('is no repository') } })
  })
})
