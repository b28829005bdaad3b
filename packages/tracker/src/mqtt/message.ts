/** What is said by way of a broker, beside the signed documents themselves. */
import { decode, encode } from '@ipld/dag-cbor'
import { CREDENTIAL_BYTES_MAX, REPORT_BYTES_MAX } from '@shoal/release'
import { z } from 'zod'
import { LIMITS } from '../limits.ts'
import { parseReportsAnswer, type ReportsAnswer } from '../reports/message.ts'

const bytes = (bytesMin: number, bytesMax: number) =>
  z
    .custom<Uint8Array>((value) => value instanceof Uint8Array)
    .refine((value) => value.length >= bytesMin && value.length <= bytesMax)

/** The sender's own, by which it knows the answer: a broker may bring a message twice, and late. */
const id = bytes(LIMITS.mqttIdBytes, LIMITS.mqttIdBytes)

const question = z.strictObject({
  v: z.literal(1),
  id,
  reports: z.array(bytes(1, REPORT_BYTES_MAX)).min(1).max(LIMITS.reportsPerBatchMax),
  /** Of a member of a private fleet: no connection has shown it. */
  credential: bytes(1, CREDENTIAL_BYTES_MAX).optional(),
})

const answer = z.strictObject({ id, answer: z.unknown() })

/** In the place of a document that is too large for a broker: there is one of this version, and it is to be had elsewhere. */
const hint = z.strictObject({ version: z.int().min(1) })

export type MqttQuestion = z.infer<typeof question>
export interface MqttAnswer {
  id: Uint8Array
  answer: ReportsAnswer
}

export function encodeQuestion(value: MqttQuestion): Uint8Array {
  return encode(value)
}

/** Undefined for what is none. */
export function parseQuestion(payload: Uint8Array): MqttQuestion | undefined {
  return question.safeParse(decoded(payload)).data
}

export function encodeAnswer(value: MqttAnswer): Uint8Array {
  return encode(value)
}

/** Undefined for what is none. */
export function parseAnswer(payload: Uint8Array): MqttAnswer | undefined {
  const read = answer.safeParse(decoded(payload)).data
  const said = read === undefined ? undefined : parseReportsAnswer(read.answer)
  return read === undefined || said === undefined ? undefined : { id: read.id, answer: said }
}

export function encodeHint(version: number): Uint8Array {
  return Buffer.from(JSON.stringify({ version }))
}

/** The version that is hinted at; undefined for what is a document, or nothing. */
export function parseHint(payload: Uint8Array): number | undefined {
  if (payload.length > LIMITS.mqttHintBytesMax) return undefined
  try {
    return hint.safeParse(JSON.parse(Buffer.from(payload).toString())).data?.version
  } catch {
    return undefined
  }
}

function decoded(payload: Uint8Array): unknown {
  if (payload.length > LIMITS.mqttPayloadBytesMax) return undefined
  try {
    return decode(payload)
  } catch {
    return undefined
  }
}
