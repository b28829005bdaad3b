/** What neighbours said and has not been heard yet. Flat, because millions pass through. */
import type { Actor } from './actor.ts'

export type Word = 'have' | 'began' | 'gave-up'

export interface Inbox {
  /** @param arrivesMs no earlier than what was put before from equally far away */
  put(arrivesMs: number, isNear: boolean, from: Actor, word: Word, span: number): void
  /** What has arrived, oldest first of either distance. */
  take(nowMs: number, hear: (from: Actor, word: Word, span: number) => void): void
  clear(): void
}

interface Line {
  arrivesMs: number[]
  from: Actor[]
  word: Word[]
  span: number[]
}

export function createInbox(): Inbox {
  // Messages from equally far away arrive in order; so there is a line for each distance.
  const near = createLine()
  const far = createLine()

  return {
    put(arrivesMs, isNear, from, word, span) {
      const line = isNear ? near : far
      line.arrivesMs.push(arrivesMs)
      line.from.push(from)
      line.word.push(word)
      line.span.push(span)
    },
    take(nowMs, hear) {
      takeFrom(near, nowMs, hear)
      takeFrom(far, nowMs, hear)
    },
    clear() {
      for (const line of [near, far]) cut(line, line.span.length)
    },
  }
}

function createLine(): Line {
  return { arrivesMs: [], from: [], word: [], span: [] }
}

function takeFrom(line: Line, nowMs: number, hear: (from: Actor, word: Word, span: number) => void): void {
  const { arrivesMs, from, word, span } = line
  let count = 0
  while (count < span.length && (arrivesMs[count] ?? Infinity) <= nowMs) {
    hear(from[count] as Actor, word[count] as Word, span[count] as number)
    count++
  }
  if (count > 0) cut(line, count)
}

function cut(line: Line, count: number): void {
  for (const part of Object.values(line) as unknown[][]) {
    if (count === part.length) part.length = 0
    else part.splice(0, count)
  }
}
