/**
 * A neighbour that does one thing wrong: a real node with a real identity that speaks the chunk protocol frame by frame, and
 * otherwise serves a release as an honest peer would. It works below the peer's public interface, so it reaches into the package.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  originPath,
  parseBlockId,
  parseReleaseId,
  readManifest,
  blockIdFromDigest,
  type Manifest,
} from '@shoal/release'
import { newIdentity, startNode, stopNode } from '@shoal/tracker/client'
import { readAddresses } from '../../packages/peer/src/config/index.ts'
import { createDeframer } from '../../packages/peer/src/links/deframer.ts'
import { decodeAsk, encodeAnswer, encodeDataHeader, STATUS, type Ask } from '../../packages/peer/src/links/frames.ts'
import { linkOverStream, type Link } from '../../packages/peer/src/links/link.ts'
import { answerMetadata, type MetadataEvil } from './evil-metadata.ts'

export type Evil =
  /** Says nothing at all on a link. */
  | 'mute'
  /** Answers a request for a span with bytes of the right length that are not its content. */
  | 'wrong-bytes'
  /** Takes requests for spans, and never answers. */
  | 'stall'
  /** Answers everything but requests for manifest blocks, and those never. */
  | 'stall-blocks'
  /** Sends bytes that are no frame when it is asked for a span. */
  | 'garbage'
  /** Says which spans it has in a bitmap of the wrong length. */
  | 'wrong-bitmap'
  /** Sends more than a span has. */
  | 'too-long'
  /** Ends the answer before the span is whole. */
  | 'too-short'
  /** Says that it has all, then that it has nothing of what it is asked for. */
  | 'absent'
  /** Sends a manifest block that is another one. */
  | 'wrong-block'
  | MetadataEvil

export interface EvilPeer extends AsyncDisposable {
  readonly id: string
  readonly address: string
  /** How often it did its wrong. */
  readonly deeds: number
  /** Resolves at the first. */
  readonly misbehaved: Promise<void>
}

export interface EvilOptions {
  fleet: string
  /** Folder of the origin that has the release. */
  origin: string
  release: string
  /** Folder of the origin whose metadata it has; the same unless it is given. */
  metadata?: string
}

export async function startEvilPeer(
  evil: Evil,
  { fleet, origin, release, metadata = origin }: EvilOptions,
): Promise<EvilPeer> {
  const manifest = await readManifest(parseReleaseId(release), (id) => readFile(join(origin, originPath.block(id))))
  const node = await startNode({
    fleet,
    privateKey: await newIdentity(),
    listen: readAddresses(['/ip4/127.0.0.1/tcp/0'], 'listen', false),
    dht: 'off',
  })
  const first = Promise.withResolvers<undefined>()
  let deeds = 0
  await node.handle(`/shoal/${fleet}/chunks/1`, (stream, connection) => {
    const link = linkOverStream(connection.remotePeer.toString(), stream)
    misserve(link, evil, { origin, metadata, manifest }, () => {
      deeds++
      first.resolve(undefined)
    })
  })
  const [address] = node.getMultiaddrs()
  if (address === undefined) throw new Error('the node listens nowhere')
  return {
    id: node.peerId.toString(),
    address: address.toString(),
    get deeds() {
      return deeds
    },
    misbehaved: first.promise,
    [Symbol.asyncDispose]: () => stopNode(node),
  }
}

interface Goods {
  origin: string
  metadata: string
  manifest: Manifest
}

function misserve(link: Link, evil: Evil, { origin, metadata, manifest }: Goods, onDeed: () => void): void {
  async function hear(ask: Ask): Promise<void> {
    switch (ask.type) {
      case 'hello':
        if (evil === 'mute') return onDeed()
        link.send(encodeAnswer({ type: 'hello', role: 'device', lanePort: 0, site: '' }))
        return
      case 'join':
        link.send(encodeAnswer({ type: 'available', slot: ask.slot, spans: bitmap() }))
        return
      case 'requestMetadata':
        return serveMetadata(ask)
      case 'requestBlock': {
        if (evil === 'stall-blocks') return onDeed()
        if (evil === 'wrong-block') return deed(() => send(ask.id, Buffer.alloc(100, 7)))
        const id = parseBlockId(blockIdFromDigest(ask.digest))
        return send(ask.id, await readFile(join(origin, originPath.block(id))))
      }
      case 'requestSpan':
        return answerSpan(ask)
      case 'requestPeers':
        return sendAbsent(ask.id)
      // What is cancelled was answered already, or never will be.
      case 'cancel':
      case 'leave':
    }
  }

  async function serveMetadata({ id, file }: Ask & { type: 'requestMetadata' }): Promise<void> {
    const { isDeed, bytes } = await answerMetadata(evil, metadata, file)
    if (isDeed) onDeed()
    if (bytes === 'silence') return
    if (bytes === undefined) sendAbsent(id)
    else send(id, bytes)
  }

  function answerSpan(ask: Ask & { type: 'requestSpan' }): void {
    const bytes = Buffer.alloc(bytesOf(manifest, ask.span, ask.mask), 0xee)
    const absent = (): void => sendAbsent(ask.id)
    const deeds: Partial<Record<Evil, () => void>> = {
      'wrong-bytes': () => send(ask.id, bytes),
      'too-long': () => send(ask.id, Buffer.concat([bytes, Buffer.alloc(1)])),
      'too-short': () => send(ask.id, bytes.subarray(1)),
      garbage: () => void link.send(Buffer.alloc(4_096, 0xff)),
      stall: () => undefined,
      absent,
    }
    const act = deeds[evil]
    if (act === undefined) absent()
    else deed(act)
  }

  function bitmap(): Uint8Array {
    const right = Math.ceil(manifest.spans.count / 8)
    if (evil !== 'wrong-bitmap') return allSpans(manifest.spans.count)
    onDeed()
    return Buffer.alloc(right + 1, 0xff)
  }

  function deed(act: () => void): void {
    onDeed()
    act()
  }

  function send(id: number, bytes: Uint8Array): void {
    const pieceBytes = 256 << 10
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const piece = bytes.subarray(at, at + pieceBytes)
      link.send(encodeDataHeader(id, piece.length), piece)
    }
    link.send(encodeAnswer({ type: 'end', id, status: STATUS.ok }))
  }

  function sendAbsent(id: number): void {
    link.send(encodeAnswer({ type: 'end', id, status: STATUS.absent }))
  }

  const deframer = createDeframer(
    { frame: (type, body) => void hear(decodeAsk(type, body)), payload: () => undefined },
    false,
  )
  link.onData((bytes) => deframer.push(bytes))
}

function allSpans(count: number): Uint8Array {
  const spans = new Uint8Array(Math.ceil(count / 8))
  for (let span = 0; span < count; span++) spans[span >> 3] = (spans[span >> 3] ?? 0) | (1 << (span & 7))
  return spans
}

function bytesOf(manifest: Manifest, span: number, mask: Uint8Array): number {
  const first = manifest.spans.firstChunk[span] ?? 0
  let bytes = 0
  for (let i = 0; i < mask.length * 8; i++) {
    if (((mask[i >> 3] ?? 0) & (1 << (i & 7))) !== 0) bytes += manifest.chunks.sizes[first + i] ?? 0
  }
  return bytes
}
