// What a peer says to a tracker, and what it hears. Strict both ways: an unknown key or a value out of bounds, and the
// whole message is refused.
import { peerIdFromString } from '@libp2p/peer-id'
import { z } from 'zod'
import { LIMITS } from '../limits.ts'

const topic = z
  .string()
  .max(LIMITS.topicCharactersMax)
  .regex(/^b[a-z2-7]+$/, 'a CID in base32')
const site = z.string().min(1).max(LIMITS.siteCharactersMax)
const role = z.enum(['device', 'cache'])
const addresses = z.array(z.string().min(1).max(LIMITS.addressCharactersMax)).max(LIMITS.addressesPerPeerMax)
const peerId = z.string().max(LIMITS.topicCharactersMax).refine(isPeerId, 'a peer id')

const announceSchema = z.strictObject({
  v: z.literal(1),
  topics: z
    .array(z.strictObject({ topic, complete: z.boolean() }))
    .max(LIMITS.topicsPerPeerMax)
    .refine((topics) => new Set(topics.map((entry) => entry.topic)).size === topics.length, 'topics named once'),
  site: site.optional(),
  role,
  want: z.int().min(0).max(LIMITS.handOutPeersMax),
  addresses,
})

const replySchema = z.discriminatedUnion('status', [
  z.strictObject({
    v: z.literal(1),
    status: z.literal('ok'),
    intervalMs: z.int().min(1_000).max(86_400_000),
    peers: z
      .array(z.strictObject({ peerId, addresses, site: site.optional(), role, complete: z.boolean() }))
      .max(LIMITS.handOutPeersMax),
  }),
  z.strictObject({
    v: z.literal(1),
    status: z.enum(['invalid', 'too-often', 'busy']),
    retryMs: z.int().min(0).max(86_400_000),
  }),
])

/** An announce as it travels. No topics: the peer leaves. */
export type AnnounceMessage = z.infer<typeof announceSchema>
/** The answer as it travels: peers, or a status and nothing that would help a stranger. */
export type ReplyMessage = z.infer<typeof replySchema>
export type HandedOutPeer = Extract<ReplyMessage, { status: 'ok' }>['peers'][number]

export function parseAnnounce(value: unknown): AnnounceMessage | undefined {
  return announceSchema.safeParse(value).data
}

export function parseReply(value: unknown): ReplyMessage | undefined {
  return replySchema.safeParse(value).data
}

function isPeerId(text: string): boolean {
  try {
    peerIdFromString(text)
    return true
  } catch {
    return false
  }
}
