/** The limits on traffic as flags: the same for one `get` and for the running daemon, but for the origin's, which is an address in `get`. */
import { CliError } from '@shoal/cli'
import { InvalidArgumentError, type Command } from 'commander'
import { parseRate } from '../config/index.ts'

/** @param originFlag what the limit on the origin is called */
export function addLimitFlags(command: Command, originFlag: '--origin' | '--origin-rate'): Command {
  return command
    .option('--upload-wan <rate>', 'most to send to neighbours of other sites', rate)
    .option('--download-wan <rate>', 'most to take from neighbours of other sites and from the origin together', rate)
    .option('--upload-lan <rate>', 'most to send to neighbours of this site', rate)
    .option('--download-lan <rate>', 'most to take from neighbours of this site', rate)
    .option(`${originFlag} <rate>`, 'most to take from the origin; with 0 it is sent no request', rate)
}

function rate(text: string): number {
  try {
    return parseRate(text)
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    throw new InvalidArgumentError(`${error.message}; ${error.fix}`)
  }
}
