import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { PEER_EVENTS } from '../../packages/peer/src/events.ts'
import { SEEDER_EVENTS } from '../../packages/seeder/src/events.ts'
import { TRACKER_EVENTS } from '../../packages/tracker/src/events.ts'

const operating = await readFile(new URL('../../docs/operating.md', import.meta.url), 'utf8')
const PROGRAMS: [program: string, events: Record<string, string>][] = [
  ['peer', PEER_EVENTS],
  ['tracker', TRACKER_EVENTS],
  ['seeder', SEEDER_EVENTS],
]

/** Name → level, of the rows of the table of a program. */
function describedOf(program: string): Record<string, string> {
  const [, table = ''] = operating.split(`| of the ${program} `)
  const [rows = ''] = table.split('\n\n')
  const cells = [...rows.matchAll(/^\| `([^`]+)` +\| (\w+) +\|/gm)]
  return Object.fromEntries(cells.map(([, name = '', level = '']) => [name, level] as const))
}

async function sourcesOf(program: string): Promise<string> {
  const folder = fileURLToPath(new URL(`../../packages/${program}/src`, import.meta.url))
  const files = await readdir(folder, { recursive: true })
  const sources = files.filter((file) => /(?<!\.test)\.ts$/.test(file) && file !== 'events.ts')
  return (await Promise.all(sources.map((file) => readFile(`${folder}/${file}`, 'utf8')))).join('\n')
}

it.each(PROGRAMS)('describes all that the %s may log, as loud as it is, and nothing else', (program, events) => {
  expect(describedOf(program)).toEqual(events)
})

it.each(PROGRAMS)(
  'says in the code of the %s each event that it knows, in words with hyphens',
  async (program, events) => {
    const sources = await sourcesOf(program)
    for (const event of Object.keys(events)) {
      expect(event).toMatch(/^[a-z]+(-[a-z]+)*$/)
      // A step of a release is put together from its name.
      expect(sources).toMatch(new RegExp(`'(${event}|${event.replace(/^release-/, '')})'`))
    }
  },
)
