import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createHttp } from '../http/server.ts'
import { loadDashboard, type Dashboard } from './load.ts'
import { mountDashboard } from './mount.ts'

const PAGE = `<!doctype html><title>shoal</title>${' '.repeat(500)}`

let folder: string
let dashboard: Dashboard | undefined
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shoal-dashboard-'))
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), PAGE)
  await writeFile(join(folder, 'assets', 'main-x.js'), 'run()')
  dashboard = await loadDashboard(folder)
})
afterAll(() => rm(folder, { recursive: true }))

function serve(what: Dashboard | undefined) {
  const mount = (server: Parameters<typeof mountDashboard>[0]): void => mountDashboard(server, what)
  return createHttp({}, { isReady: () => true, metrics: new Registry(), mount })
}

it('serves the page under every address that it shows something for, and asks for it again each time', async () => {
  const server = serve(dashboard)
  for (const url of ['/', '/devices?site=a', '/releases/game/stable/4.7.1', '/index.html']) {
    const answer = await server.inject(url)
    expect([answer.statusCode, answer.body]).toEqual([200, PAGE])
    expect(answer.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' })
  }
  const zipped = await server.inject({ url: '/', headers: { 'accept-encoding': 'br, gzip' } })
  expect(gunzipSync(zipped.rawPayload).toString()).toBe(PAGE)
})

it('lets files be kept whose names tell their content', async () => {
  const answer = await serve(dashboard).inject('/assets/main-x.js')
  expect(answer.headers).toMatchObject({ 'cache-control': 'max-age=31536000, immutable', 'content-type': /javascript/ })
})

it.each(['/assets/none.js', '/assets/../index.js', '/api/v1/none', '/api/v1/../../etc/passwd'])(
  'has nothing at %s',
  async (url) => {
    const answer = await serve(dashboard).inject({ url, headers: { accept: 'text/html' } })
    const isPage = answer.body === PAGE
    expect([isPage, answer.statusCode]).toEqual(answer.statusCode === 200 ? [true, 200] : [false, 404])
  },
)

it('says how it is built when it was not', async () => {
  expect(await loadDashboard(join(folder, 'none'))).toBeUndefined()
  const answer = await serve(undefined).inject('/')
  expect(answer.statusCode).toBe(503)
  expect(answer.body).toContain('npm run dashboard')
})

it('refuses a folder that is something else', async () => {
  await mkdir(join(folder, 'large'))
  await writeFile(join(folder, 'large', 'index.html'), PAGE)
  for (let count = 0; count < 129; count++) await writeFile(join(folder, 'large', `${count}.txt`), '')
  await expect(loadDashboard(join(folder, 'large'))).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})
