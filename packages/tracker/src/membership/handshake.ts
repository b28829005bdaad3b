/** How members recognise each other: the dialler shows its credential first, the listener only to a member. */
import { REVOCATIONS_BYTES_MAX } from '@shoal/release'
import { TrackerError } from '../error.ts'
import { readBlob, writeBlob } from '../handshake/blob.ts'
import type { Channel, Handshake } from '../handshake/guard.ts'
import { FRAME_BYTES, openFrame, sealFrame, type FrameContext } from '../handshake/seal.ts'
import type { Membership } from './membership.ts'

/** What only a tracker does: it enrols those who bring a token, and tells a revoked member that it is one. Peers say nothing. */
export interface Reception {
  /** True when the frame held a token, and whatever was to be answered is sent. */
  enrol(frame: Uint8Array, channel: Channel, remote: string): Promise<boolean>
}

/** An empty message in place of the listener's credential: the list that revokes the dialler follows. */
const REVOKED = new Uint8Array()

export function memberHandshake(membership: Membership, reception?: Reception): Handshake {
  const { peer, secret } = membership
  return {
    async dialled(channel, remote) {
      mustBeMember(membership)
      // It still knows the secret, and could read what it is shown.
      if (membership.isRevoked(remote)) throw refused('the peer is revoked')
      const between = { dialler: peer, listener: remote }
      await channel.write(sealFrame(secret, { ...between, sender: 'dialler' }, membership.credentialBytes))
      const answer = await readMessage(channel, secret, { ...between, sender: 'listener' })
      if (answer.length === 0) {
        membership.takeRevocations(await readBlob(channel, REVOCATIONS_BYTES_MAX))
        throw refused('the tracker says that this peer is revoked')
      }
      admit(membership, remote, answer)
    },

    async accepted(channel, remote) {
      const between = { dialler: remote, listener: peer }
      const frame = await channel.read(FRAME_BYTES)
      const message = openFrame(secret, { ...between, sender: 'dialler' }, frame)
      if (message === undefined) {
        const isEnrolled = (await reception?.enrol(frame, channel, remote)) ?? false
        throw refused(isEnrolled ? 'the peer was enrolled' : 'the peer shows no frame of a member')
      }
      mustBeMember(membership)
      const judgement = membership.admit(remote, message)
      if (judgement === 'revoked' && reception !== undefined) {
        await channel.write(sealFrame(secret, { ...between, sender: 'listener' }, REVOKED))
        await writeBlob(channel, membership.revocations() ?? REVOKED)
        await channel.ended()
      }
      if (judgement !== 'member') throw refused(`the peer's credential is judged ${judgement}`)
      await channel.write(sealFrame(secret, { ...between, sender: 'listener' }, membership.credentialBytes))
    },
  }
}

async function readMessage(channel: Channel, secret: Uint8Array, context: FrameContext): Promise<Uint8Array> {
  const message = openFrame(secret, context, await channel.read(FRAME_BYTES))
  if (message === undefined) throw refused('the peer answers with no frame of a member')
  return message
}

function admit(membership: Membership, remote: string, credential: Uint8Array): void {
  const judgement = membership.admit(remote, credential)
  if (judgement !== 'member') throw refused(`the peer's credential is judged ${judgement}`)
}

/** Whoever is none itself neither shows its credential nor serves others. */
function mustBeMember(membership: Membership): void {
  const standing = membership.standing()
  if (standing !== 'member') throw refused(`this peer's own credential is judged ${standing}`)
}

function refused(message: string): TrackerError {
  return new TrackerError('NOT_A_MEMBER', message)
}
