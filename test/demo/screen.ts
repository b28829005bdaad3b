/** Where the demo draws: lines that stay, and a block at the bottom that is rewritten in place on a terminal. */
import { fitLine, formatDuration, style, type Style, type TextStream } from '@shoal/cli'

export interface Screen {
  readonly width: number
  readonly paint: (format: Style, text: string) => string
  line(text?: string): void
  heading(text: string, rest?: string): void
  /** Shows a block until it is disposed of; its last state stays. */
  live(block: Live): Disposable
  /** Says what goes on while a promise is pending, then that line gives way to what came of it. */
  during<T>(text: string, work: PromiseLike<T>): Promise<T>
}

export interface Live {
  render: (width: number) => string[]
  /** One line instead, for what is no terminal. */
  plain: () => string
}

const FRAME_MS = 125
const PLAIN_EVERY_MS = 3_000
const HIDE_CURSOR = '\x1b[?25l'
const SHOW_CURSOR = '\x1b[?25h'
const WIDTH_MAX = 120

export function createScreen(stream: TextStream): Screen {
  const isTerminal = stream.isTTY === true
  const paint = (format: Style, text: string): string => style(format, text, stream)
  const width = (): number => Math.min(WIDTH_MAX, stream.columns ?? 80)
  const line = (text = ''): void => void stream.write(`${text}\n`)
  return {
    get width() {
      return width()
    },
    paint,
    line,
    heading(text, rest = '') {
      line()
      line(`${paint('bold', text)}${rest === '' ? '' : `  ${rest}`}`)
    },
    live: (block) => (isTerminal ? drawInPlace(stream, block, width) : drawLines(stream, block)),
    async during(text, work) {
      if (!isTerminal) return work
      const startedAt = performance.now()
      const render = (): string[] => [paint('dim', `${text} ${formatDuration(performance.now() - startedAt)}`)]
      const drawn = drawInPlace(stream, { render, plain: () => '' }, width)
      try {
        return await work
      } finally {
        drawn[Symbol.dispose]()
        stream.write('\x1b[1A\r\x1b[2K')
      }
    },
  }
}

function drawInPlace(stream: TextStream, block: Live, width: () => number): Disposable {
  let drawn = 0
  const draw = (): void => {
    const lines = block.render(width()).map((text) => `\x1b[2K${fitLine(text, stream)}\n`)
    stream.write(`${drawn > 0 ? `\x1b[${drawn}A\r` : ''}${lines.join('')}`)
    drawn = lines.length
  }
  stream.write(HIDE_CURSOR)
  const timer = setInterval(draw, FRAME_MS)
  draw()
  return {
    [Symbol.dispose]() {
      clearInterval(timer)
      draw()
      stream.write(SHOW_CURSOR)
    },
  }
}

function drawLines(stream: TextStream, block: Live): Disposable {
  const startedAt = performance.now()
  const draw = (): void => {
    const elapsed = formatDuration(performance.now() - startedAt).padStart(6)
    stream.write(`${elapsed}  ${block.plain()}\n`)
  }
  const timer = setInterval(draw, PLAIN_EVERY_MS)
  return {
    [Symbol.dispose]() {
      clearInterval(timer)
      draw()
    },
  }
}
