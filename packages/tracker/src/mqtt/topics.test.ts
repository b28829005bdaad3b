import { expect, test } from 'vitest'
import { isTopicPrefix, topicsOf } from './topics.ts'

const FLEET = '0123456789abcdef0123456789abcdef'
const PEER = '12D3KooWGRUVh7SCAHf3ohmmbXqZqCLDgXqhHdBtGmVKqvVj8Yhd'

test('no topic has more levels, or is longer, than AWS IoT Core takes', () => {
  const prefix = `a/b/c/${'d'.repeat(90)}`
  expect(isTopicPrefix(prefix)).toBe(true)
  const topics = topicsOf(prefix, FLEET)
  for (const topic of [topics.news('timestamp'), topics.reports(PEER), topics.ack(PEER), topics.allReports]) {
    expect(topic.split('/').length).toBeLessThanOrEqual(8)
    expect(topic.length).toBeLessThanOrEqual(256)
  }
})

test.each(['', '/', 'a/', '/a', 'a//b', '#', 'a/+', '$SYS', 'a b', 'a/b/c/d/e', 'x'.repeat(97)])(
  'refuses %j as a prefix',
  (prefix) => expect(isTopicPrefix(prefix)).toBe(false),
)

test('knows the device of a topic with reports, and its own subjects alone', () => {
  const topics = topicsOf('shoal', FLEET)
  expect(topics.reporterOf(topics.reports(PEER))).toBe(PEER)
  for (const topic of [topics.ack(PEER), topics.allReports, `shoal/${FLEET}/reports/`, `x${topics.reports(PEER)}`]) {
    expect(topics.reporterOf(topic)).toBeUndefined()
  }
  expect(topics.subjectOf(topics.news('policy'))).toBe('policy')
  expect(topics.subjectOf(`shoal/${FLEET}/news/revocations`)).toBeUndefined()
})
