import { createSigner, peerNameOf, signReport } from '@shoal/release'
import { expect, it } from 'vitest'
import { reportOf } from '../fixture/report.ts'
import { LIMITS } from '../limits.ts'
import { createJudge } from './judge.ts'

const signer = createSigner(new Uint8Array(32).fill(7))
const device = peerNameOf(signer.publicKey)
const sign = (counter: number): Uint8Array => signReport(reportOf({ device, counter }), signer)
const sender = { peer: device, fleet: reportOf().fleet }

it('judges the reports of a message in their order, however many messages come at once', async () => {
  const judge = createJudge()
  const messages = Array.from({ length: 3 * LIMITS.reportsBatchesAtOnceMax }, (_, at) => [
    sign(at + 1),
    Uint8Array.of(1),
    sign(at + 2),
  ])
  for (const [at, judged] of (await Promise.all(messages.map((each) => judge(each, sender)))).entries()) {
    const [first, second, third] = judged.map((each) => ('report' in each ? each.report.counter : each.refused))
    expect([first, second, third]).toEqual([at + 1, 'invalid', at + 2])
  }
})

it('is busy with more than it may hold, and takes the next when that is done', async () => {
  const judge = createJudge()
  const full = judge(Array<Uint8Array>(LIMITS.reportsJudgingMax).fill(Uint8Array.of(1)), sender)
  await expect(judge([sign(1)], sender)).rejects.toMatchObject({ code: 'BUSY' })
  await full
  await expect(judge([sign(1)], sender)).resolves.toMatchObject([{ report: { counter: 1 } }])
})

it('refuses what is of another device, of another fleet, or not as its sender was enrolled', async () => {
  const judge = createJudge()
  const judged = (other: object): Promise<unknown> => judge([sign(1)], { ...sender, ...other })
  expect(await judged({ peer: 'somebody' })).toEqual([{ refused: 'not-yours' }])
  expect(await judged({ fleet: 'f'.repeat(32) })).toEqual([{ refused: 'other-fleet' }])
  expect(await judged({ member: { site: 'elsewhere', group: '' } })).toEqual([{ refused: 'not-as-enrolled' }])
})
