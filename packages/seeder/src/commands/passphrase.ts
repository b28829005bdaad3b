import { usageError } from '@shoal/cli'
import type { Command } from 'commander'
import { REPOSITORY_FILE_BYTES_MAX } from '../limits.ts'
import { readIfThere } from '../repository/files.ts'

export interface PassphraseOption {
  passphraseFile?: string
}

export function addPassphraseOption(command: Command): Command {
  return command.option('--passphrase-file <file>', 'its first line unlocks the keys; else SHOAL_PASSPHRASE does')
}

/** What unlocks the keys; undefined when nothing is given. */
export async function readPassphrase({ passphraseFile }: PassphraseOption): Promise<string | undefined> {
  if (passphraseFile === undefined) return process.env['SHOAL_PASSPHRASE'] || undefined
  const bytes = await readIfThere(passphraseFile, REPOSITORY_FILE_BYTES_MAX)
  const [line = ''] = Buffer.from(bytes ?? '')
    .toString()
    .split(/\r?\n/, 1)
  if (line !== '') return line
  throw usageError(`--passphrase-file ${passphraseFile} has no passphrase in its first line`, 'write it there')
}
