import { visibleWidth } from './columns.ts'

/** Where a command writes: data to stdout, messages to stderr. Each JSON record has `v` and `type`. */
export interface Output {
  readonly json: boolean
  readonly quiet: boolean
  /** The streams behind it, for colours and progress. */
  readonly out: TextStream
  readonly messages: TextStream
  /** The one answer of a query: a JSON document, or `text` on stdout. */
  document(fields: object, text?: string): void
  /** A step of a long command: NDJSON only. */
  record(type: string, fields: object): void
  /** The last line of a long command: NDJSON `summary`, or `text` on stdout. */
  summary(fields: object, text: string): void
  /** A message for people, on stderr. */
  note(text: string): void
}

export interface TextStream extends NodeJS.WritableStream {
  isTTY?: boolean
  columns?: number
}

interface Streams {
  out: TextStream
  messages: TextStream
}

export function createOutput(
  options: { json?: boolean | undefined; quiet?: boolean | undefined },
  streams: Streams = { out: process.stdout, messages: process.stderr },
): Output {
  const { json = false, quiet = false } = options
  const { out, messages } = streams
  const writeRecord = (fields: object): void => void out.write(`${JSON.stringify(fields)}\n`)
  return {
    json,
    quiet,
    out,
    messages,
    document(fields, text) {
      if (json) writeRecord({ v: 1, type: 'document', ...fields })
      else if (text !== undefined) out.write(`${text}\n`)
    },
    record(type, fields) {
      if (json) writeRecord({ v: 1, type, ...fields })
    },
    summary(fields, text) {
      if (json) writeRecord({ v: 1, type: 'summary', ...fields })
      else if (!quiet) out.write(`${text}\n`)
    },
    note(text) {
      if (!quiet) messages.write(`${text}\n`)
    },
  }
}

/** Cuts a line to what the terminal shows without wrapping; rewriting a wrapped line would leave its first half behind. */
export function fitLine(text: string, stream: TextStream): string {
  const width = stream.columns ?? 80
  if (visibleWidth(text) < width) return text
  let cut = text
  while (visibleWidth(cut) >= width - 1) cut = cut.slice(0, -1)
  return `${cut}…`
}
