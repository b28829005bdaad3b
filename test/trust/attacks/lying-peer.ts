/**
 * A neighbour under an attacker's control: a real node that answers on the chunk protocol from a shelf of its own, which is as old or
 * as forged as the attacker likes. It works below the peer's public interface, so it reaches into the package.
 */
import { blockIdFromDigest, originPath } from '@shoal/release'
import { newIdentity, startNode, stopNode } from '@shoal/tracker/client'
import { readAddresses } from '../../../packages/peer/src/config/index.ts'
import { createDeframer } from '../../../packages/peer/src/links/deframer.ts'
import { decodeAsk, encodeAnswer, encodeDataHeader, STATUS, type Ask } from '../../../packages/peer/src/links/frames.ts'
import { linkOverStream, type Link } from '../../../packages/peer/src/links/link.ts'
import { FLEET } from '../author.ts'
import type { Shelf } from './shelf.ts'

export interface LyingPeer extends AsyncDisposable {
  readonly node: Awaited<ReturnType<typeof startNode>>
  readonly id: string
  readonly address: string
  /** Resolves when it is first asked for a timestamp. */
  readonly asked: Promise<void>
  /** Resolves when it has sent two spans, or its only one. */
  readonly lied: Promise<void>
  /** Bytes that it got rid of in answers that do not end. */
  readonly endlessBytes: number
}

export interface Lies {
  /** Says that it has a whole release of so many spans, up to 8, and sends these bytes for them. */
  spans?: readonly Uint8Array[]
  /** Metadata that it sends zeros for, without an end. */
  endless?: RegExp
  /** Metadata that it takes the request for, and no more. */
  silent?: RegExp
}

const PIECE_BYTES = 64 << 10
/** Where an answer without an end stops after all: far beyond what any file may have. */
const ENDLESS_BYTES = 64 << 20

export async function startLyingPeer(shelf: Shelf, lies: Lies = {}): Promise<LyingPeer> {
  const node = await startNode({
    fleet: FLEET,
    privateKey: await newIdentity(),
    listen: readAddresses(['/ip4/127.0.0.1/tcp/0'], 'listen', false),
    dht: 'off',
  })
  const asked = Promise.withResolvers<undefined>()
  const lied = Promise.withResolvers<undefined>()
  let spansSent = 0
  let endlessBytes = 0
  await node.handle(`/shoal/${FLEET}/chunks/1`, (stream, connection) => {
    const link = linkOverStream(connection.remotePeer.toString(), stream)
    const deframer = createDeframer(
      { frame: (type, body) => answer(link, decodeAsk(type, body)), payload: () => undefined },
      false,
    )
    link.onData((bytes) => deframer.push(bytes))
  })

  function answer(link: Link, ask: Ask): void {
    switch (ask.type) {
      case 'hello':
        return void link.send(encodeAnswer({ type: 'hello', role: 'device', lanePort: 0, site: '' }))
      case 'join':
        return void link.send(encodeAnswer(join(ask.slot)))
      case 'requestMetadata':
        if (ask.file === 'timestamp.json') asked.resolve(undefined)
        if (lies.silent?.test(ask.file) === true) return
        if (lies.endless?.test(ask.file) === true) return void pour(link, ask.id)
        return send(link, ask.id, shelf.get(originPath.metadata(ask.file)))
      case 'requestBlock':
        return send(link, ask.id, shelf.get(originPath.block(blockIdFromDigest(ask.digest))))
      case 'requestSpan':
        if (++spansSent === Math.min(2, lies.spans?.length ?? 0)) lied.resolve(undefined)
        return send(link, ask.id, lies.spans?.[ask.span])
      case 'requestPeers':
        return send(link, ask.id, undefined)
      case 'cancel':
      case 'leave':
    }
  }

  function join(slot: number): Parameters<typeof encodeAnswer>[0] {
    if (lies.spans === undefined) return { type: 'unavailable', slot }
    return { type: 'available', slot, spans: Uint8Array.of((1 << lies.spans.length) - 1) }
  }

  async function pour(link: Link, id: number): Promise<void> {
    while (!link.ended.aborted && endlessBytes < ENDLESS_BYTES) {
      endlessBytes += PIECE_BYTES
      if (link.send(encodeDataHeader(id, PIECE_BYTES), new Uint8Array(PIECE_BYTES))) continue
      await link.drained()
    }
  }

  const [address] = node.getMultiaddrs()
  if (address === undefined) throw new Error('the node listens nowhere')
  return {
    node,
    id: node.peerId.toString(),
    address: address.toString(),
    asked: asked.promise,
    lied: lied.promise,
    get endlessBytes() {
      return endlessBytes
    },
    [Symbol.asyncDispose]: () => stopNode(node),
  }
}

function send(link: Link, id: number, bytes: Uint8Array | undefined): void {
  if (bytes === undefined) return void link.send(encodeAnswer({ type: 'end', id, status: STATUS.absent }))
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    const piece = bytes.subarray(at, at + PIECE_BYTES)
    link.send(encodeDataHeader(id, piece.length), piece)
  }
  link.send(encodeAnswer({ type: 'end', id, status: STATUS.ok }))
}
