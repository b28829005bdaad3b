import type { Store } from '../store.ts'
import { auditStore } from './audit.ts'
import type { Database } from './database.ts'
import { deviceStore } from './devices.ts'
import { reportStore } from './reports.ts'
import { rolloutStore } from './rollouts.ts'
import { migrate } from './schema.ts'
import { tokenStore } from './tokens.ts'
import { trafficStore } from './traffic.ts'
import { webhookStore } from './webhooks.ts'

/** The store on a database, brought to the newest schema. Owns the database: it is closed with the store, and when this fails. */
export async function openStore(database: Database): Promise<Store> {
  try {
    await migrate(database)
  } catch (error) {
    await database[Symbol.asyncDispose]()
    throw error
  }
  return {
    kind: database.dialect,
    ...reportStore(database),
    ...deviceStore(database),
    ...rolloutStore(database),
    ...trafficStore(database),
    ...auditStore(database),
    ...tokenStore(database),
    ...webhookStore(database),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}
