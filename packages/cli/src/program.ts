import { Command, Option } from 'commander'
import { chooseColor } from './style.ts'

/** The root command of a program, with what all three share. Commands added with `.command()` inherit its settings. */
export function createProgram(name: string, description: string, version: string): Command {
  const program = new Command(name)
    .description(description)
    // Only -V: a command may have a --version of its own. runProgram reads a leading --version as -V.
    .version(version, '-V', 'print the version (as --version does)')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addOption(new Option('--color <when>', 'colour the output').choices(['auto', 'always', 'never']).default('auto'))
    .option('-q, --quiet', 'print errors and results only')
    .configureHelp({ showGlobalOptions: true })
    // Errors are printed once, by runProgram, in the form that all errors have.
    .configureOutput({ outputError: () => undefined })
    .exitOverride()
  program.on('option:color', chooseColor)
  return program
}

/** Ends a command's help with examples: pairs of what is wanted, and the command line for it. */
export function addExamples(
  command: Command,
  examples: readonly (readonly [purpose: string, line: string])[],
): Command {
  const lines = examples.map(([purpose, line]) => `  # ${purpose}\n  ${line}`)
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n\n')}`)
}
