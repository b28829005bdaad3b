/** Frames of the chunk protocol, cut out of a stream and read one by one. */
import { PeerError } from '../../../packages/peer/src/error.ts'
import { createDeframer } from '../../../packages/peer/src/links/deframer.ts'
import { decodeAnswer, decodeAsk, encodeAnswer, encodeAsk } from '../../../packages/peer/src/links/frames.ts'
import type { Random } from '../mutate.ts'
import { cut, mustHold, type Target } from '../target.ts'
import { ANSWERED, ASKED } from './speech.ts'

type Rewrite = (type: number, body: Uint8Array) => Uint8Array

export const FRAME_TARGETS: Target[] = [
  {
    name: 'frames-asked',
    refusals: [PeerError],
    samples: () => [
      {
        bytes: ASKED,
        read: (bytes, random) => readFrames(bytes, random, false, (type, body) => encodeAsk(decodeAsk(type, body))),
      },
    ],
  },
  {
    name: 'frames-answered',
    refusals: [PeerError],
    samples: () => [
      {
        bytes: ANSWERED,
        read: (bytes, random) =>
          readFrames(bytes, random, true, (type, body) => encodeAnswer(decodeAnswer(type, body))),
      },
    ],
  },
]

function readFrames(bytes: Uint8Array, random: Random, takesData: boolean, rewrite: Rewrite): true {
  let payloadBytes = 0
  const deframer = createDeframer(
    {
      frame(type, body) {
        const written = rewrite(type, body).subarray(4)
        mustHold(
          written[0] === type && Buffer.compare(written.subarray(1), body) === 0,
          'what is read is written alike',
        )
      },
      payload: (_id, piece) => (payloadBytes += piece.length),
    },
    takesData,
  )
  for (const piece of cut(bytes, random)) deframer.push(piece)
  mustHold(payloadBytes <= bytes.length, 'no payload but what came')
  return true
}
