/** What a broker brings, which may be anybody's: packets, reports, answers, hints and the topics that they come by. */
import { isDeepStrictEqual } from 'node:util'
import {
  encodeAnswer,
  encodeHint,
  encodeQuestion,
  parseAnswer,
  parseHint,
  parseQuestion,
} from '../../../packages/tracker/src/mqtt/message.ts'
import { createPacketGuard } from '../../../packages/tracker/src/mqtt/packet-guard.ts'
import { topicsOf } from '../../../packages/tracker/src/mqtt/topics.ts'
import { cut, mustHold, type Sample, type Target } from '../target.ts'

const ID = new Uint8Array(16).fill(7)
const PEER = '12D3KooWGRUVh7SCAHf3ohmmbXqZqCLDgXqhHdBtGmVKqvVj8Yhd'
const TOPICS = topicsOf('plant/shoal', '0123456789abcdef0123456789abcdef')
const PACKET_BYTES_MAX = 1_000

export const MQTT_TARGETS: Target[] = [
  { name: 'mqtt packets', refusals: [], samples: () => [packets()] },
  { name: 'mqtt reports', refusals: [], samples: questions },
  { name: 'mqtt answer', refusals: [], samples: answers },
  { name: 'mqtt hint', refusals: [], samples: () => [again(encodeHint(7), parseHint, encodeHint)] },
  { name: 'mqtt topic', refusals: [], samples: () => [{ bytes: Buffer.from(TOPICS.reports(PEER)), read: readTopic }] },
]

function packets(): Sample {
  const bytes = Buffer.concat([Uint8Array.of(0x30, 3, 1, 2, 3), Uint8Array.of(0x30, 0x90, 3), new Uint8Array(400)])
  return {
    bytes,
    read(stream, random) {
      const whole = createPacketGuard(PACKET_BYTES_MAX).isBroken(stream)
      const guard = createPacketGuard(PACKET_BYTES_MAX)
      const inPieces = [...cut(stream, random)].some((piece) => guard.isBroken(piece))
      mustHold(whole === inPieces, 'a stream is as good in pieces as whole')
      return whole ? undefined : 'within bounds'
    },
  }
}

function questions(): Sample[] {
  const question = { v: 1 as const, id: ID, reports: [new Uint8Array(40), new Uint8Array(90)] }
  const ofMember = { ...question, credential: new Uint8Array(60) }
  return [question, ofMember].map((each) => again(encodeQuestion(each), parseQuestion, encodeQuestion))
}

function answers(): Sample[] {
  const settled = { v: 1 as const, status: 'ok' as const, outcomes: ['taken' as const, 'later' as const] }
  const refused = { v: 1 as const, status: 'too-often' as const, retryMs: 250 }
  return [settled, refused].map((answer) => again(encodeAnswer({ id: ID, answer }), parseAnswer, encodeAnswer))
}

function again<T>(
  bytes: Uint8Array,
  parse: (bytes: Uint8Array) => T | undefined,
  encode: (said: T) => Uint8Array,
): Sample {
  return {
    bytes,
    read(changed) {
      const said = parse(changed)
      if (said === undefined) return undefined
      mustHold(isDeepStrictEqual(parse(encode(said)), said), 'what was taken can be said again')
      return said
    },
  }
}

function readTopic(bytes: Uint8Array): unknown {
  const topic = Buffer.from(bytes).toString()
  const peer = TOPICS.reporterOf(topic)
  mustHold(peer === undefined || TOPICS.reports(peer) === topic, 'reports come by one topic for each device')
  return peer ?? TOPICS.subjectOf(topic)
}
