/** One connection to the database, in a thread of its own: neither a sync of the disk nor a large page keeps announces waiting. */
import { parentPort, workerData } from 'node:worker_threads'
import { openStore } from '../sql/store.ts'
import type { Store } from '../store.ts'
import { openSqlite } from './database.ts'
import { encodeError, type Answer, type Call, type StoreWorkerData } from './message.ts'

const { file } = workerData as StoreWorkerData
let store: Store | undefined

parentPort?.on('message', (call: Call) => {
  void answer(call)
})

async function answer(call: Call): Promise<void> {
  parentPort?.postMessage(await settle(call))
}

async function settle(call: Call): Promise<Answer> {
  try {
    return { id: call.id, value: await carryOut(call) }
  } catch (error) {
    return { id: call.id, error: encodeError(error) }
  }
}

async function carryOut({ method, values }: Call): Promise<unknown> {
  if (method === 'open') return void (store = await openStore(openSqlite(file)))
  if (store === undefined) throw new Error('the store is not open')
  if (method === 'close') return await store[Symbol.asyncDispose]()
  return await (store[method] as (...values: unknown[]) => Promise<unknown>)(...values)
}
