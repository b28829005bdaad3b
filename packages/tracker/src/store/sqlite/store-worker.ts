/** One connection to the database, in a thread of its own: neither a sync of the disk nor a large page keeps announces waiting. */
import { parentPort, workerData } from 'node:worker_threads'
import { openStore } from '../sql/store.ts'
import { openSqlite } from './database.ts'
import { encodeError, type Answer, type Call, type StoreWorkerData } from './message.ts'

const OPENED = 0
const port = parentPort
if (port === null) throw new Error('this is the file of a worker')

const { file } = workerData as StoreWorkerData
const opening = (async () => openStore(openSqlite(file)))()

port.on('message', (call: Call) => {
  void answer(call.id, () => carryOut(call))
})
await answer(OPENED, async () => (await opening).kind)

async function carryOut({ method, values }: Call): Promise<unknown> {
  const store = await opening
  if (method === 'close') return await store[Symbol.asyncDispose]()
  return await (store[method] as (...values: unknown[]) => Promise<unknown>)(...values)
}

async function answer(id: number, work: () => Promise<unknown>): Promise<void> {
  port?.postMessage(await result(id, work))
}

async function result(id: number, work: () => Promise<unknown>): Promise<Answer> {
  try {
    return { id, value: await work() }
  } catch (error) {
    return { id, error: encodeError(error) }
  }
}
