import { parseName } from '@shoal/release'
import { SeederError } from '../error.ts'

/** What `init` was told. */
export interface RepositorySettings {
  /** The only product that this repository publishes. */
  product?: string
}

export function encodeSettings(settings: RepositorySettings): string {
  return `${JSON.stringify({ v: 1, type: 'shoal/repository', ...settings }, undefined, 2)}\n`
}

export function parseSettings(bytes: Uint8Array, file: string): RepositorySettings {
  const value = parseJson(Buffer.from(bytes).toString(), file)
  if (typeof value !== 'object' || value === null || !('v' in value) || value.v !== 1) {
    throw new SeederError('REPOSITORY_INVALID', `${file} is not the settings of a repository`)
  }
  const product = 'product' in value ? value.product : undefined
  return typeof product === 'string' ? { product: parseName(product, 'product') } : {}
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new SeederError('REPOSITORY_INVALID', `${file} is not JSON`, { cause: error })
  }
}
