import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startConstellation } from '../constellation/constellation.ts'

interface Examination {
  checks: { check: string; verdict: string; text: string; fix?: string }[]
  why: string
}

it('a doctor examines a daemon that runs, what it depends on, and says what to do where there is none', async () => {
  await using world = await startConstellation({ product: 'tool' })
  const source = join(world.ground.dir, 'source')
  await mkdir(source)
  await writeFile(join(source, 'data'), 'content')
  await world.publish('1.0', source)
  const peer = await world.startPeer({ name: 'patient' })
  await peer.until('installed', { timeoutMs: 60_000 })
  let asked = 0
  const run = <Last extends object>(command: string): Promise<Last> =>
    world.ground.run('peer', `${command}-${++asked}`, [command, '--state-dir', peer.stateDir, '--json'])

  const { checks, why } = await run<Examination>('doctor')
  expect(checks.filter(({ verdict }) => verdict === 'FAIL')).toEqual([])
  for (const check of ['daemon', 'releases', 'trust', 'tracker', 'origin', 'clock'])
    expect(checks).toContainEqual(expect.objectContaining({ check, verdict: 'ok' }))
  expect(checks.find(({ check }) => check === 'lan discovery')?.fix).toContain('mdns: true')
  expect(why).toBe('100% from the origin = 100% no other peer of this site took part')

  await run('pause')
  await expect(run('doctor')).rejects.toThrow('exit code 3')
  await peer.kill('SIGKILL')
  await expect(run('doctor')).rejects.toThrow('DAEMON_UNREACHABLE')
})
