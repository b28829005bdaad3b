/** What a doctor found, as a report can say it: a line for each check, cut where it is long. */
import { CHECK_TEXT_BYTES_MAX, CHECKS_MAX, type CheckVerdict, type ReportCheck } from '@shoal/release'
import type { examine } from './checks.ts'

/** What others said may be in a text: nothing of it may reach a terminal as more than text. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu

/** At least one. */
export function toldChecks(findings: ReturnType<typeof examine>): ReportCheck[] {
  return findings.slice(0, CHECKS_MAX).map(({ check, verdict, text, fix }) => ({
    check,
    verdict: verdict.toLowerCase() as CheckVerdict,
    text: lineOf(text, fix === undefined ? '' : `; fix: ${fix}`),
  }))
}

/** What to do is kept whole as long as there is room for what is wrong, too. */
function lineOf(text: string, fix: string): string {
  const end = cut(printable(fix), CHECK_TEXT_BYTES_MAX / 2)
  return cut(printable(text), CHECK_TEXT_BYTES_MAX - Buffer.byteLength(end)) + end
}

function printable(text: string): string {
  return text.replace(UNPRINTABLE, ' ')
}

function cut(text: string, bytesMax: number): string {
  if (Buffer.byteLength(text) <= bytesMax) return text
  const mark = '…'
  let bytes = Buffer.byteLength(mark)
  let kept = ''
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > bytesMax) break
    kept += character
  }
  return kept + mark
}
