// The little of RFC 1035 that mDNS discovery says: questions for a name, and PTR and TXT answers. Names are not compressed.

export interface DnsMessage {
  type: 'query' | 'response'
  questions?: { name: string; type: 'PTR' }[]
  answers?: { name: string; type: 'PTR' | 'TXT'; ttl: number; data: string }[]
}

const TYPE = { PTR: 12, TXT: 16 } as const
const CLASS_INTERNET = 1
const AUTHORITATIVE_RESPONSE = 0x84_00
const LABEL_BYTES_MAX = 63
const TEXT_BYTES_MAX = 255

export function encodeDnsMessage({ type, questions = [], answers = [] }: DnsMessage): Uint8Array {
  const flags = type === 'response' ? AUTHORITATIVE_RESPONSE : 0
  return Buffer.concat([
    uint16(0, flags, questions.length, answers.length, 0, 0),
    ...questions.map((question) =>
      Buffer.concat([encodeName(question.name), uint16(TYPE[question.type], CLASS_INTERNET)]),
    ),
    ...answers.map(encodeAnswer),
  ])
}

function encodeAnswer({ name, type, ttl, data }: Required<DnsMessage>['answers'][number]): Uint8Array {
  const content = type === 'PTR' ? encodeName(data) : prefixed(data, TEXT_BYTES_MAX)
  const seconds = uint16(Math.floor(ttl / 0x1_00_00), ttl % 0x1_00_00)
  return Buffer.concat([encodeName(name), uint16(TYPE[type], CLASS_INTERNET), seconds, uint16(content.length), content])
}

function encodeName(name: string): Uint8Array {
  return Buffer.concat([...name.split('.').map((label) => prefixed(label, LABEL_BYTES_MAX)), Buffer.of(0)])
}

function prefixed(text: string, bytesMax: number): Uint8Array {
  const bytes = Buffer.from(text)
  if (bytes.length > bytesMax) throw new RangeError(`'${text}' is longer than ${bytesMax} bytes`)
  return Buffer.concat([Buffer.of(bytes.length), bytes])
}

function uint16(...values: number[]): Uint8Array {
  return Buffer.from(values.flatMap((value) => [value >> 8, value & 0xff]))
}
