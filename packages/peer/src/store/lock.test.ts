import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from './fixture/read-tree.ts'
import { openStore } from './store.ts'

/** A process that holds the store until it is killed. */
async function holderOf(out: string): Promise<ChildProcess> {
  const module = JSON.stringify(join(import.meta.dirname, 'store.ts'))
  const script = `import { openStore } from ${module}; await openStore(${JSON.stringify(out)}); console.log('held'); setInterval(() => {}, 1e6)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return child
}

test('a second process is told who has the folder, and gets it once that one is killed', async () => {
  await using folder = await temporaryFolder()
  const child = await holderOf(folder.path)
  await expect(openStore(folder.path)).rejects.toMatchObject({
    code: 'STORE_LOCKED',
    message: expect.stringContaining(`process ${child.pid ?? 0}`),
  })
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
  await (await openStore(folder.path))[Symbol.asyncDispose]()
})

test('one process opens a folder once at a time', async () => {
  await using folder = await temporaryFolder()
  const store = await openStore(folder.path)
  await expect(openStore(folder.path)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
  await store[Symbol.asyncDispose]()
  await (await openStore(folder.path))[Symbol.asyncDispose]()
})
