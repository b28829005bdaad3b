import { describe, expect, it } from 'vitest'
import { createSigner } from '../key.ts'
import { metadataKeyIdOf } from '../key.ts'
import { sha256 } from '../cid.ts'
import { parseMetadata } from '../tuf/metadata.ts'
import { policyKeyIds, stagedChannels, verifyPolicy, type TrustedTargets } from './delegation.ts'
import { parsePolicy, signPolicy } from './document.ts'
import type { Policy } from './policy.ts'
import { createReportVerifier, peerNameOf, signReport, verifyReport, type Report } from './report.ts'

const key = (name: string) => createSigner(sha256(Buffer.from(name)))
const [ONE, TWO, STRANGER] = [key('one'), key('two'), key('stranger')]
const EXPIRES = new Date('2030-01-01T00:00:00Z')

const policy = (more: Partial<Policy> = {}): Policy => ({
  version: 3,
  expires: EXPIRES,
  channels: [
    { product: 'game', channel: 'stable', base: '1.0', steps: [], withdrawn: [] },
    { product: 'game', channel: 'beta', steps: ['0.9'], withdrawn: [] },
  ],
  ...more,
})

/** The trusted targets of a fleet that stages what these paths say, with two trackers. */
function targets(paths = ['policy/game/stable', 'policy/game/beta'], keys = [ONE, TWO]): TrustedTargets {
  const role = { name: 'policy', terminating: true, threshold: 1, paths }
  const listed = keys.map(({ publicKey }) => [
    metadataKeyIdOf(publicKey),
    { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: Buffer.from(publicKey).toString('hex') } },
  ])
  const delegations = {
    keys: Object.fromEntries(listed) as object,
    roles: keys.length === 0 ? [] : [{ ...role, keyids: listed.map(([id]) => id) }],
  }
  const signed = { _type: 'targets', spec_version: '1.0.34', version: 1, expires: '2030-01-01T00:00:00Z', targets: {} }
  const bytes = Buffer.from(JSON.stringify({ signatures: [], signed: { ...signed, delegations } }))
  const metadata = parseMetadata('targets', bytes)
  return { role: () => metadata }
}

describe('a policy', () => {
  it('is read back as it was signed', () => {
    expect(parsePolicy(signPolicy(policy(), [ONE])).policy).toEqual(policy())
  })

  it('counts when any of the trackers signed it', () => {
    for (const signer of [ONE, TWO]) expect(verifyPolicy(targets(), signPolicy(policy(), [signer]))).toEqual(policy())
    const bytes = signPolicy(policy(), [STRANGER])
    expect(() => verifyPolicy(targets(), bytes)).toThrow(expect.objectContaining({ rule: 'metadata-signatures' }))
  })

  it('counts no more when a letter of it is another', () => {
    const text = Buffer.from(signPolicy(policy(), [ONE]))
      .toString()
      .replace('"1.0"', '"1.1"')
    expect(() => verifyPolicy(targets(), Buffer.from(text))).toThrow(/signed by 0\/1 keys/)
  })

  it('speaks of staged channels alone', () => {
    const { channels } = verifyPolicy(targets(['policy/game/beta']), signPolicy(policy(), [ONE]))
    expect(channels.map(({ channel }) => channel)).toEqual(['beta'])
  })

  it('is nobody’s to sign where the targets delegate to nobody', () => {
    const bytes = signPolicy(policy(), [ONE])
    expect(() => verifyPolicy(targets([], []), bytes)).toThrow(expect.objectContaining({ rule: 'metadata-missing' }))
    expect(() => verifyPolicy({ role: () => undefined }, bytes)).toThrow()
  })

  it('is read also when it is expired, for the reader to judge', () => {
    const old = policy({ expires: new Date('2001-01-01T00:00:00Z') })
    expect(verifyPolicy(targets(), signPolicy(old, [ONE])).expires).toEqual(old.expires)
  })

  it('is not signed when no device would read it', () => {
    const twice = policy({ channels: [...policy().channels, ...policy().channels] })
    expect(() => signPolicy(twice, [ONE])).toThrow(expect.objectContaining({ rule: 'policy-channels' }))
    const many = Array.from({ length: 900 }, (_, at) => ({
      product: 'game',
      channel: `channel-${at}`,
      steps: Array.from({ length: 32 }, (_, step) => `1.${step}.0-and-a-long-name`),
      withdrawn: [],
    }))
    expect(() => signPolicy(policy({ channels: many }), [ONE])).toThrow(
      expect.objectContaining({ rule: 'metadata-size' }),
    )
  })
})

describe('staged channels', () => {
  it('are those that the role policy has a path for, and nothing that looks like one', () => {
    const paths = ['policy/game/stable', 'policy/game', 'policy/game/*', 'other/game/beta', 'policy/game/a/b']
    expect(stagedChannels(targets(paths))).toEqual([{ product: 'game', channel: 'stable' }])
    expect(stagedChannels({ role: () => undefined })).toEqual([])
  })

  it('have the keys of their trackers', () => {
    const ids = [ONE, TWO].map(({ publicKey }) => metadataKeyIdOf(publicKey))
    expect(policyKeyIds(targets())).toEqual(ids.sort())
  })
})

describe('a report', () => {
  const report: Report = {
    fleet: '00112233445566778899aabbccddeeff',
    device: peerNameOf(ONE.publicKey),
    counter: 1,
    atMs: 1_900_000_000_000,
    site: '',
    group: 'tills',
    labels: { tier: 'gold' },
    platform: 'any',
    agent: 'shoal-peer/0.1.0',
    product: 'game',
    channel: 'stable',
    version: '1.1',
    rollout: 'game-stable-7',
    state: 'failed',
    code: 'HEALTH_CHECK',
  }

  it('is read back as it was signed', () => {
    expect(verifyReport(signReport(report, ONE))).toEqual(report)
  })

  it('is signed by nobody but the device that it speaks of', () => {
    expect(() => signReport(report, TWO)).toThrow(expect.objectContaining({ rule: 'report-key' }))
  })

  it('cannot be changed in any byte', () => {
    const bytes = signReport(report, ONE)
    for (let at = 0; at < bytes.length; at += 7) {
      const changed = Uint8Array.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(() => verifyReport(changed)).toThrow(expect.objectContaining({ code: 'REPORT_INVALID' }))
    }
  })

  it('is judged the same on another thread, whether the key was kept or not', async () => {
    const verify = createReportVerifier(1)
    const ofTwo = signReport({ ...report, device: peerNameOf(TWO.publicKey) }, TWO)
    for (const bytes of [signReport(report, ONE), ofTwo, ofTwo, signReport(report, ONE)]) {
      await expect(verify(bytes)).resolves.toEqual(verifyReport(bytes))
      const torn = Uint8Array.from(bytes)
      torn[torn.length - 1] = (torn.at(-1) ?? 0) ^ 1
      await expect(verify(torn)).rejects.toMatchObject({ rule: 'report-signature' })
    }
  })
})
