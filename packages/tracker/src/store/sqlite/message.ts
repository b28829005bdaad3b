/** What is said between a store and the thread that its database is in. */
import { TrackerError, type TrackerErrorCode } from '../../error.ts'
import type { Store } from '../store.ts'

export interface StoreWorkerData {
  file: string
}

export type Method = Exclude<keyof Store, 'kind' | typeof Symbol.asyncDispose>

/** The first is `open`, the last `close`; answers come in any order. */
export interface Call {
  id: number
  method: Method | 'open' | 'close'
  values: unknown[]
}

export type Answer = { id: number; value: unknown } | { id: number; error: EncodedError }

export interface EncodedError {
  /** Of a TrackerError. */
  code?: TrackerErrorCode
  message: string
  fix: string
}

export function encodeError(error: unknown): EncodedError {
  if (error instanceof TrackerError) return { code: error.code, message: error.message, fix: error.fix }
  return { message: error instanceof Error ? error.message : String(error), fix: '' }
}

export function decodeError({ code, message, fix }: EncodedError): Error {
  return code === undefined ? new Error(message) : new TrackerError(code, message, { fix })
}
