/** The dashboard in a real Chromium. Skips, and says so, where there is none. */
import axe, { type AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findChromium, openStage, visit, type Stage } from '../fixture/browser.ts'
import { pagesOf } from '../fixture/pages.ts'
import { dashboardFolder, loadDashboard } from './load.ts'

const FIRST_LOAD_BYTES_MAX = 60_000
const DEVICES = 300
/** axe looks at every element of every page; on a busy machine that takes a while. */
const AXE_TIMEOUT_MS = 120_000
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const CHECK = `axe.run({ runOnly: ${JSON.stringify(RULES)}, resultTypes: ['violations'] })`
const LOOKS = [
  [1280, 'light'],
  [1280, 'dark'],
  [390, 'dark'],
  [390, 'light'],
] as const
const chromium = findChromium()
const isBuilt = (await loadDashboard(dashboardFolder())) !== undefined
const why =
  chromium === undefined ? 'no Chromium: apt-get install chromium' : isBuilt ? '' : 'not built: npm run dashboard'

describe.skipIf(why !== '')(`the dashboard in Chromium${why === '' ? '' : ` (skipped, ${why})`}`, () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage(chromium ?? '', DEVICES)
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  it(
    'is accessible in the light and in the dark, on a desk and on a telephone: every page, its charts as tables, its dialogs, its way in',
    async () => {
      const page = await stage.open('operator')
      for (const [name, path] of await pagesOf(stage.api)) {
        await visit(page, path)
        await expectAccessible(page, name)
        const buttons = await page.getByRole('button', { name: 'Show as table' }).all()
        for (const button of buttons) await button.click()
        if (buttons.length > 0) await expectAccessible(page, `${name} as tables`)
      }
      await visit(page, '/rollouts/game-4-7-1')
      await page.getByRole('button', { name: 'Halt…' }).click()
      await expectAccessible(page, 'halt')
      await page.context().clearCookies()
      await visit(page, '/')
      await expectAccessible(page, 'log-in')
      await page.context().close()
    },
    AXE_TIMEOUT_MS,
  )

  it('asks nobody but its tracker, breaks no policy of its own, and is small at first load', async () => {
    const page = await stage.open('viewer')
    const [hosts, complaints, sizes] = [new Set<string>(), [] as string[], [] as Promise<number>[]]
    page.on('request', (request) => hosts.add(new URL(request.url()).host))
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('requestfinished', (request) => {
      if (!request.url().includes('/api/')) sizes.push(request.sizes().then(({ responseBodySize: size }) => size))
    })
    await visit(page, '/')
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
    expect(bytes).toBeGreaterThan(0)
    expect(bytes).toBeLessThan(FIRST_LOAD_BYTES_MAX)
    for (const [, path] of await pagesOf(stage.api)) await visit(page, path)
    expect([...hosts]).toEqual([new URL(stage.url).host])
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it('logs in with a token, and out again', async () => {
    const page = await stage.open('viewer')
    await page.context().clearCookies()
    await visit(page, '/devices')
    await page.getByLabel('Token').fill('shoal-api-wrong')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('UNAUTHENTICATED').waitFor()
    await page.getByLabel('Token').fill(stage.api.tokens.viewer)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Devices' }).waitFor()
    expect(await page.evaluate('document.cookie')).toBe('')
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByLabel('Token').waitFor()
    await page.reload()
    await page.getByLabel('Token').waitFor()
    await page.context().close()
  })

  it('shows who signed a release, and how large it is', async () => {
    const page = await stage.open('viewer')
    await visit(page, '/releases/game-client/stable/4.7.1')
    await page.getByRole('row', { name: /^rel-game-client-stable .*2 of 3, 2 needed/ }).waitFor()
    await page.getByRole('row', { name: /^linux-x64 .*1\.8 GB/ }).waitFor()
    await page.context().close()
  })

  it.each([
    ['viewer', 0, 0],
    ['operator', 3, 0],
    ['publisher', 3, 1],
  ] as const)('shows a %s only what it may do', async (role, orders, beginnings) => {
    const page = await stage.open(role)
    await visit(page, '/rollouts/game-4-7-1')
    expect(await page.getByRole('button', { name: /Halt|Pause|Promote/ }).count()).toBe(orders)
    expect(await page.getByText('has the role viewer').count()).toBe(role === 'viewer' ? 1 : 0)
    await visit(page, '/releases/game-client/stable/4.6.2')
    expect(await page.getByText('rollout create game-client@stable:4.6.2').count()).toBe(beginnings)
    await page.context().close()
  })

  it('promotes and halts by the keyboard alone, once it is spelled out, and is live about it', async () => {
    const [page, other] = [await stage.open('operator'), await stage.open('viewer')]
    await visit(other, '/rollouts/game-4-7-1')
    await visit(page, '/')
    await tabTo(page, /^game-client 4\.7\.1$/)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'game-client 4.7.1' }).waitFor()

    await tabTo(page, /^Promote…$/)
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'Promote game-client 4.7.1?' }).waitFor()
    await page.getByText('and ring broad opens').waitFor()
    await tabTo(page, /^$/, 'INPUT')
    await page.keyboard.type('promote it')
    await page.keyboard.press('Enter')
    expect(await page.getByRole('dialog').count()).toBe(1)
    await page.keyboard.press('Control+A')
    await page.keyboard.type('promote 4.7.1')
    await page.keyboard.press('Enter')
    await page.getByText('Promote: done.').waitFor()
    await page.getByRole('row', { name: /^broad .*Open/ }).waitFor()
    // The button is still there, and has the focus again.
    expect(await focusOf(page)).toEqual(['Promote…', 'BUTTON', 'button'])
    await other.getByRole('row', { name: /^broad .*Open/ }).waitFor()

    await tabTo(page, /^Halt…$/)
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'Halt game-client 4.7.1?' }).waitFor()
    expect(await page.getByLabel('Devices that have it go back to 4.7.0').isChecked()).toBe(true)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await focusOf(page)).toEqual(['Halt…', 'BUTTON', 'button'])
    await page.keyboard.press('Enter')
    await tabTo(page, /^$/, 'INPUT', 'text')
    await page.keyboard.type('halt 4.7.1')
    await page.keyboard.press('Enter')
    await page.getByText('Halt: done.').waitFor()
    // What would be if it were halted stands among the terms.
    await other.getByText('Halted', { exact: true }).first().waitFor()
    const halted = await stage.api.store.rollout('game-4-7-1')
    expect(halted).toMatchObject({ state: 'halted', returns: true, reason: 'halted by ada' })
    await Promise.all([page.context().close(), other.context().close()])
  })

  it('leaves the focus beside a button that went with what it did, and at the top of the next page', async () => {
    const page = await stage.open('operator')
    await visit(page, '/rollouts/editor-1-9-0')
    await page.getByRole('button', { name: 'Resume…' }).click()
    await page.getByLabel('Type').fill('resume 1.9.0-rc.1')
    await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click()
    await page.locator('p:focus', { hasText: 'Resume: done.' }).waitFor()
    await visit(page, '/devices?limit=200')
    await page.getByRole('link', { name: 'Next page' }).click()
    await page.getByText('100 of 300 devices').waitFor()
    await page.locator('h1:focus').waitFor()
    await page.context().close()
  })

  it('keeps what is looked for in the address, and goes through pages', async () => {
    const page = await stage.open('viewer')
    await visit(page, '/devices?limit=20')
    await page.getByLabel('Site', { exact: true }).fill('waw-1')
    await page.keyboard.press('Enter')
    await page.getByText('25 devices').waitFor()
    expect(new URL(page.url()).search).toBe('?site=waw-1')
    await page.locator('[name=site]:focus').waitFor()
    await visit(page, '/devices?site=waw-1&limit=20')
    await page.getByRole('link', { name: 'Next page' }).click()
    await page.getByText('5 of 25 devices').waitFor()
    await page.goBack()
    await page.getByText('20 of 25 devices').waitFor()
    await page.context().close()
  })

  it('says so when its tracker is silent, and shows what it has', async () => {
    const page = await stage.open('viewer')
    await visit(page, '/sites')
    await page.context().setOffline(true)
    await page.getByRole('link', { name: 'Audit' }).click()
    await page.getByRole('alert').getByText('the tracker does not answer').waitFor()
    await page.context().close()
  })
})

/** No rule of axe is broken, and nothing is wider than the window, however it is looked at. */
async function expectAccessible(page: Page, name: string): Promise<void> {
  await page.evaluate(axe.source)
  for (const [width, scheme] of LOOKS) {
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme: scheme })
    const { violations } = await page.evaluate<AxeResults>(CHECK)
    const broken = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)
    const scrolled = await page.evaluate<number>('document.documentElement.scrollWidth')
    expect([name, width, scheme, scrolled, ...broken]).toEqual([name, width, scheme, width])
  }
}

/** Text, tag and type of what has the focus. */
async function focusOf(page: Page): Promise<[text: string, tag: string, type: string]> {
  return page.evaluate(
    `[document.activeElement.innerText.trim(), document.activeElement.tagName, document.activeElement.type ?? '']`,
  )
}

/** Goes on by Tab until what has the focus reads so. */
async function tabTo(page: Page, text: RegExp, tag = '', type = ''): Promise<void> {
  const seen: string[] = []
  for (let count = 0; count < 80; count++) {
    await page.keyboard.press('Tab')
    const focus = await focusOf(page)
    if (text.test(focus[0]) && (tag === '' || focus[1] === tag) && (type === '' || focus[2] === type)) return
    seen.push(focus.join(' '))
  }
  throw new Error(`no Tab leads to ${String(text)}; it went through ${seen.join(', ')}`)
}
