/** Policies and reports: whole, and such as a tracker or a device may have signed. */
import {
  createSigner,
  decideTurn,
  parsePolicy,
  ReleaseError,
  signPolicy,
  signReport,
  verifyReport,
  type Policy,
} from '@shoal/release'
import { encode, join } from '../../vectors/generate/cbor.ts'
import { sha256 } from '../../vectors/generate/seeded.ts'
import { readVectors } from '../../vectors/read-vectors.ts'
import { mustHold, type Sample, type Target } from '../target.ts'

const DEVICE = createSigner(sha256('shoal/vector/device-key'))
const DOMAIN = Buffer.from('shoal/report/v1\0')

export const ROLLOUT_TARGETS: Target[] = [
  { name: 'policy', refusals: [ReleaseError], samples: policySamples },
  { name: 'report', refusals: [ReleaseError], samples: reportSamples },
]

function policySamples(): Sample[] {
  const read = (bytes: Uint8Array): unknown => {
    const { policy } = parsePolicy(bytes)
    const again = parsePolicy(signPolicy(policy, [DEVICE])).policy
    mustHold(JSON.stringify(again) === JSON.stringify(policy), 'what was taken can be written again')
    return turnsUnder(policy)
  }
  return readVectors('policy', 'valid').map(({ content }) => ({ bytes: Buffer.from(content['text'] as string), read }))
}

/** Whatever a policy says, a device knows what to do, and that is nothing that is not signed. */
function turnsUnder(policy: Policy): unknown {
  const offered = [
    { version: '1.0.0', counter: 1 },
    { version: '1.1.0', counter: 2 },
  ]
  return policy.channels.map(({ product, channel }) => {
    const turn = decideTurn({
      ...{ policy, product, channel, offered, installed: offered[0], failed: [], begun: undefined },
      device: { id: 'device', group: 'canary', site: '', labels: { tier: 'gold' } },
      nowMs: 1_900_000_120_000,
    })
    mustHold(turn.do === 'stay' || offered.some(({ version }) => version === turn.version), 'it goes to what is signed')
    return turn
  })
}

function reportSamples(): Sample[] {
  const read = (bytes: Uint8Array): unknown => {
    const report = verifyReport(bytes)
    mustHold(Buffer.compare(signReport(report, DEVICE), bytes) === 0, 'what was taken has one encoding')
    return report
  }
  return readVectors('report', 'valid').flatMap(({ content }) => {
    const bytes = content['bytes'] as Uint8Array
    let signed: Uint8Array = new Uint8Array()
    signReport(verifyReport(bytes), {
      ...DEVICE,
      sign(given) {
        signed = given.subarray(DOMAIN.length)
        return DEVICE.sign(given)
      },
    })
    const seal = (changed: Uint8Array): Uint8Array =>
      encode({ key: DEVICE.publicKey, sig: DEVICE.sign(join(DOMAIN, changed)), signed: changed })
    return [
      { bytes, read },
      { bytes: signed, read: (changed: Uint8Array) => read(seal(changed)) },
    ]
  })
}
