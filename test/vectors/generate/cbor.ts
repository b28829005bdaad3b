// A second dag-cbor encoder, on purpose: the vectors hold the library that the parsers use to an independent reading of the format.

import { blockDigest, type BlockId } from '@shoal/release'

export type Value =
  number | boolean | null | string | Uint8Array | Link | Raw | readonly Value[] | { [key: string]: Value }

export interface Link {
  readonly cid: Uint8Array
}

/** Bytes that stand for a value as they are: for encodings that a reader must refuse. */
export interface Raw {
  readonly raw: Uint8Array
}

export function link(id: BlockId, codec = 0x71): Link {
  return { cid: Uint8Array.of(1, codec, 0x12, 32, ...blockDigest(id)) }
}

export function raw(hex: string): Raw {
  return { raw: Buffer.from(hex, 'hex') }
}

export function encode(value: Value): Uint8Array {
  if (typeof value === 'number') return Number.isInteger(value) ? integer(value) : float(value)
  if (typeof value === 'boolean') return Uint8Array.of(value ? 0xf5 : 0xf4)
  if (value === null) return Uint8Array.of(0xf6)
  if (typeof value === 'string') return join(head(3, Buffer.byteLength(value)), Buffer.from(value))
  if (value instanceof Uint8Array) return join(head(2, value.length), value)
  if (isArray(value)) return join(head(4, value.length), ...value.map(encode))
  if (isLink(value)) return join(head(6, 42), encode(join(Uint8Array.of(0), value.cid)))
  if (isRaw(value)) return value.raw
  return encodeMap(Object.entries(value).sort(([a], [b]) => byKey(a, b)))
}

/** A map in the order given. */
export function encodeMap(pairs: readonly (readonly [string, Value])[]): Uint8Array {
  return join(head(5, pairs.length), ...pairs.flatMap(([key, value]) => [encode(key), encode(value)]))
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

/** Shorter keys first, then by their bytes. */
function byKey(a: string, b: string): number {
  return Buffer.byteLength(a) - Buffer.byteLength(b) || Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function integer(value: number): Uint8Array {
  return value < 0 ? head(1, -1 - value) : head(0, value)
}

function float(value: number): Uint8Array {
  const bytes = Buffer.alloc(9, 0xfb)
  bytes.writeDoubleBE(value, 1)
  return bytes
}

function head(major: number, argument: number): Uint8Array {
  const bytes = Buffer.alloc(9)
  if (argument < 24) return Uint8Array.of((major << 5) | argument)
  if (argument < 0x100) return Uint8Array.of((major << 5) | 24, argument)
  bytes.writeBigUInt64BE(BigInt(argument), 1)
  const width = argument < 0x10000 ? 2 : argument < 0x100000000 ? 4 : 8
  return join(Uint8Array.of((major << 5) | (24 + Math.log2(width))), bytes.subarray(9 - width))
}

function isArray(value: Value): value is readonly Value[] {
  return Array.isArray(value)
}

function isLink(value: object): value is Link {
  return 'cid' in value && value.cid instanceof Uint8Array
}

function isRaw(value: object): value is Raw {
  return 'raw' in value && value.raw instanceof Uint8Array
}
