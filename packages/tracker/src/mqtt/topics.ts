/** Where things are said at a broker. AWS IoT Core allows eight levels, and the longest topic here has four below its prefix. */
import { LIMITS } from '../limits.ts'

/** What is told by a broker: small, and of use to whoever connects later. */
export const MQTT_SUBJECTS = ['timestamp', 'policy'] as const
export type MqttSubject = (typeof MQTT_SUBJECTS)[number]

const PEER = /^[1-9A-HJ-NP-Za-km-z]{40,64}$/

export interface Topics {
  news(subject: MqttSubject): string
  reports(peer: string): string
  /** Where a device is told what became of its reports. */
  ack(peer: string): string
  /** Of every device. */
  readonly allReports: string
  /** Undefined for a topic that is not one of news. */
  subjectOf(topic: string): MqttSubject | undefined
  /** The device whose reports the topic takes; undefined for any other topic. */
  reporterOf(topic: string): string | undefined
}

/** No wildcard, no empty level, and not one of the broker's own, which begin with `$`. */
export function isTopicPrefix(text: string): boolean {
  const levels = text.split('/')
  return (
    text.length <= LIMITS.mqttPrefixCharactersMax &&
    levels.length <= LIMITS.mqttPrefixLevelsMax &&
    levels.every((level) => /^[A-Za-z0-9._-]+$/.test(level))
  )
}

export function topicsOf(prefix: string, fleet: string): Topics {
  const base = `${prefix}/${fleet}`
  const reports = `${base}/reports/`
  return {
    news: (subject) => `${base}/news/${subject}`,
    reports: (peer) => reports + peer,
    ack: (peer) => `${reports}${peer}/ack`,
    allReports: `${reports}+`,
    subjectOf: (topic) => MQTT_SUBJECTS.find((subject) => topic === `${base}/news/${subject}`),
    reporterOf(topic) {
      const peer = topic.startsWith(reports) ? topic.slice(reports.length) : ''
      return PEER.test(peer) ? peer : undefined
    },
  }
}
