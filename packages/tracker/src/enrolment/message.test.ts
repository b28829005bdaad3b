import { expect, it } from 'vitest'
import { encodeAnswer, parseAnswer, type EnrolmentAnswer } from './message.ts'

const bytes = new Uint8Array(32)
const answer: EnrolmentAnswer = {
  ...{ v: 1, status: 'ok', root: bytes, credential: bytes, secret: bytes },
  trackers: ['/ip4/192.0.2.1/tcp/7071'],
}

it('an answer is read as it was written', () => {
  expect(parseAnswer(encodeAnswer(answer))).toEqual(answer)
})

it.each([
  ['whose tracker is no address', { ...answer, trackers: ['192.0.2.1:7071'] }],
  ['whose tracker is half an address', { ...answer, trackers: ['/ip4/192.0.2.1/tcp'] }],
  ['with too many trackers', { ...answer, trackers: Array<string>(9).fill('/ip4/192.0.2.1/tcp/7071') }],
  ['with a short secret', { ...answer, secret: new Uint8Array(31) }],
])('an answer is refused %s', (_what, given) => {
  expect(() => parseAnswer(encodeAnswer(given))).toThrow('something else than an enrolment')
})
