import { createRequire } from 'node:module'
import type * as Yaml from 'yaml'

const require = createRequire(import.meta.url)

/** Loaded when asked for: most commands read no configuration, and start sooner without it. */
export function loadYaml(): typeof Yaml {
  return require('yaml') as typeof Yaml
}
