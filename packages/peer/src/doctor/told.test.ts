import { createSigner, peerNameOf, signReport, verifyReport, type ReportCheck } from '@shoal/release'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CHECKS, type Finding } from './checks.ts'
import { toldChecks } from './told.ts'

const SIGNER = createSigner(new Uint8Array(32).fill(7))

/** As a tracker reads it. */
function delivered(checks: ReportCheck[]): readonly ReportCheck[] | undefined {
  const report = {
    ...{ fleet: '00112233445566778899aabbccddeeff', device: peerNameOf(SIGNER.publicKey), counter: 1, atMs: 1 },
    ...{ site: '', group: '', labels: {}, platform: 'any', agent: 'shoal/0.1.0' },
    ...{ product: 'game', channel: 'stable', version: '1.0', state: 'present' as const },
  }
  return verifyReport(signReport({ ...report, checks }, SIGNER)).checks
}

it('says of each check how it is and, where it is not well, what to do', () => {
  const told = toldChecks([
    { check: 'clock', verdict: 'ok', text: 'as the origin has it' },
    { check: 'disk', verdict: 'FAIL', text: '3 MB free at /srv', fix: 'make room there' },
  ])
  expect(told).toEqual([
    { check: 'clock', verdict: 'ok', text: 'as the origin has it' },
    { check: 'disk', verdict: 'fail', text: '3 MB free at /srv; fix: make room there' },
  ])
})

it('cuts what is long, and keeps what to do', () => {
  const [told] = toldChecks([{ check: 'origin', verdict: 'FAIL', text: 'ö'.repeat(500), fix: 'is it open from here?' }])
  expect(told?.text).toMatch(/^ö{100,}…; fix: is it open from here\?$/)
})

it('of whatever was found is a report that a tracker takes', () => {
  const text = fc.string({ unit: 'binary', maxLength: 400 })
  const finding = fc.record<Finding>(
    { verdict: fc.constantFrom('ok', 'warn', 'FAIL', 'unknown'), text, fix: text },
    { requiredKeys: ['verdict', 'text'] },
  )
  fc.assert(
    fc.property(fc.tuple(...Object.keys(CHECKS).map(() => finding)), (findings) => {
      const told = toldChecks(Object.keys(CHECKS).map((check, at) => ({ check, ...(findings[at] as Finding) })))
      expect(delivered(told)).toEqual(told)
    }),
  )
})
