/** Of the bytes of a download: how many the neighbours of which site sent. */
import { FLOWS_MAX } from '../limits.ts'
import { hasKeys, isCount, isRecord } from '../manifest/wire.ts'
import { isMemberName } from '../membership/fields.ts'
import { isListOf } from './fields.ts'

/** `site` is empty for neighbours that name none. */
export interface ReportFlow {
  site: string
  bytes: number
}

/** @param bytesMax what all neighbours together sent */
export function areFlows(value: unknown, bytesMax: number): value is ReportFlow[] {
  if (!isListOf(value, FLOWS_MAX, isFlow) || new Set(value.map(({ site }) => site)).size !== value.length) return false
  return value.reduce((sum, { bytes }) => sum + bytes, 0) <= bytesMax
}

function isFlow(value: unknown): value is ReportFlow {
  if (!isRecord(value) || !hasKeys(value, ['site', 'bytes'])) return false
  return isMemberName(value['site']) && isCount(value['bytes'], Number.MAX_SAFE_INTEGER)
}
