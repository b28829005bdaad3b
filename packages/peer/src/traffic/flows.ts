/** The flows of bytes that are limited apart. What comes from the origin is also a download from elsewhere (`downloadWan`). */
export const FLOWS = ['uploadWan', 'downloadWan', 'uploadLan', 'downloadLan', 'origin'] as const
export type Flow = (typeof FLOWS)[number]

/** Bytes a second; 0 is never, Infinity without a limit. What is absent, others decide. */
export type Rates = Readonly<Partial<Record<Flow, number | undefined>>>

/** `uploadWan` → `upload wan` */
export function flowName(flow: string): string {
  return flow.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}
