import { styleText } from 'node:util'

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** Colours text for the stream it goes to: styleText obeys FORCE_COLOR, NO_COLOR and whether it is a terminal. */
export function style(format: Style, text: string, stream: NodeJS.WritableStream): string {
  return styleText(format, text, { stream })
}

/** `--color` outranks both variables: it rewrites them, for this process and for what it starts. */
export function chooseColor(when: string, env: NodeJS.ProcessEnv = process.env): void {
  if (when === 'always') {
    delete env['NO_COLOR']
    env['FORCE_COLOR'] = '1'
  } else if (when === 'never') {
    delete env['FORCE_COLOR']
    env['NO_COLOR'] = '1'
  }
}
