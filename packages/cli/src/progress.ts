import { pad } from './columns.ts'
import { formatDuration } from './duration.ts'
import { PROGRESS_LINE_APART_MS, PROGRESS_LINE_EVERY_MS, PROGRESS_REDRAW_EVERY_MS, PROGRESS_STEPS } from './limits.ts'
import type { Output } from './output.ts'
import { fitLine } from './output.ts'
import { style } from './style.ts'

export interface ProgressState {
  done: number
  total: number
  text?: string
}

/** One phase of a long command. */
export interface Progress {
  update(state: ProgressState): void
  /** Closes the phase with what came of it. */
  end(text?: string): void
}

const LABEL_WIDTH = 7
const TEXT_WIDTH = 56
const BAR_WIDTH = 24

/** A rewritten line with a bar on a terminal; elsewhere a line per 10 % or 30 s. On stderr, and nothing when quiet. */
export function createProgress(output: Output, label: string, now: () => number = () => performance.now()): Progress {
  const stream = output.messages
  const live = stream.isTTY === true
  const startedAt = now()
  let lastStep = 0
  let lastShownAt = live ? -Infinity : startedAt
  let last: ProgressState | undefined

  const write = (text: string): void => {
    if (!output.quiet) stream.write(text)
  }

  const isDue = (share: number): boolean => {
    const sinceMs = now() - lastShownAt
    if (live) return sinceMs >= PROGRESS_REDRAW_EVERY_MS
    return (stepOf(share) > lastStep && sinceMs >= PROGRESS_LINE_APART_MS) || sinceMs >= PROGRESS_LINE_EVERY_MS
  }

  return {
    update(state) {
      last = state
      const share = state.total > 0 ? Math.min(1, state.done / state.total) : 0
      if (!isDue(share)) return
      lastStep = stepOf(share)
      lastShownAt = now()
      const percent = `${Math.floor(share * 100)}%`.padStart(4)
      if (live)
        write(`\r\x1b[2K${fitLine(`${pad(label, LABEL_WIDTH)} ${bar(share)} ${percent}  ${state.text ?? ''}`, stream)}`)
      else write(`${pad(label, LABEL_WIDTH)} ${percent}  ${state.text ?? ''}`.trimEnd() + '\n')
    },
    end(text = last?.text ?? '') {
      const name = style('bold', pad(label, LABEL_WIDTH), stream)
      const elapsed = style('dim', formatDuration(now() - startedAt).padStart(6), stream)
      write(`${live ? '\r\x1b[2K' : ''}${name} ${pad(text, TEXT_WIDTH)} ${elapsed}\n`)
    },
  }
}

function stepOf(share: number): number {
  return Math.floor(share * PROGRESS_STEPS)
}

function bar(share: number): string {
  const filled = Math.round(share * BAR_WIDTH)
  return `[${'█'.repeat(filled)}${'·'.repeat(BAR_WIDTH - filled)}]`
}
