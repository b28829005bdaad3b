// Exit 0 when all was done, 1 for anything else. What is trusted is in the metadata folder, a file a role.

import { parseArgs } from 'node:util'
import { downloadTargets, init, refresh } from './client.ts'

const USAGE = `client --metadata-dir DIR init TRUSTED_ROOT
client --metadata-dir DIR --metadata-url URL refresh
client --metadata-dir DIR --metadata-url URL --target-name NAME... --target-base-url URL --target-dir DIR download`

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'metadata-dir': { type: 'string' },
      'metadata-url': { type: 'string' },
      'target-name': { type: 'string', multiple: true },
      'target-base-url': { type: 'string' },
      'target-dir': { type: 'string' },
    },
  })
  const need = (name: Exclude<keyof typeof values, 'target-name'>): string => {
    const value = values[name]
    if (value === undefined) throw new Error(`--${name} is missing\n${USAGE}`)
    return value
  }
  const [command, root] = positionals
  switch (command) {
    case 'init':
      if (root === undefined) throw new Error(`which root is trusted?\n${USAGE}`)
      return init(need('metadata-dir'), root)
    case 'refresh':
      await refresh(need('metadata-dir'), need('metadata-url'))
      return
    case 'download': {
      const places = { baseUrl: need('target-base-url'), folder: need('target-dir') }
      return downloadTargets(need('metadata-dir'), need('metadata-url'), values['target-name'] ?? [], places)
    }
    case undefined:
    default:
      throw new Error(USAGE)
  }
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
