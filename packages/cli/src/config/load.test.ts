import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { loadConfig, loadConfigWithOrigins } from './load.ts'

const schema = z.object({
  name: z.string().default('anonymous'),
  peers: z.array(z.string()).default([]),
  listenPort: z.number().int().min(1).optional(),
  token: z.string().optional(),
  limits: z.object({ uploadRate: z.number().default(10), mdns: z.boolean().default(true) }).prefault({}),
})

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shoal-config-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

function load(sources: { yaml?: string; env?: NodeJS.ProcessEnv; flags?: Record<string, unknown> }) {
  const file = join(folder, 'peer.yaml')
  if (sources.yaml !== undefined) writeFileSync(file, sources.yaml)
  return loadConfigWithOrigins(schema, {
    ...(sources.yaml === undefined ? {} : { file }),
    envPrefix: 'SHOAL_PEER_',
    env: sources.env ?? {},
    flags: sources.flags ?? {},
  })
}

describe('loadConfig', () => {
  it('fills in defaults', () => {
    expect(loadConfig(schema, { envPrefix: 'X_', env: {}, flags: {} })).toEqual({
      name: 'anonymous',
      peers: [],
      limits: { uploadRate: 10, mdns: true },
    })
  })

  it('lets flags win over environment over file over defaults, and says which did', () => {
    const { config, origins } = load({
      yaml: 'name: file\nlistenPort: 1\nlimits:\n  uploadRate: 1\n',
      env: { SHOAL_PEER_NAME: 'environment', SHOAL_PEER_LISTEN_PORT: '2' },
      flags: { name: 'flag', listenPort: undefined },
    })
    expect(config).toMatchObject({ name: 'flag', listenPort: 2, limits: { uploadRate: 1, mdns: true } })
    expect(Object.fromEntries(origins)).toEqual({
      name: 'flag',
      peers: 'default',
      listenPort: 'environment',
      token: 'default',
      'limits.uploadRate': 'file',
      'limits.mdns': 'default',
    })
  })

  it('reads lists, numbers, booleans and groups from variables', () => {
    const env = { SHOAL_PEER_PEERS: 'a, b', SHOAL_PEER_LIMITS_MDNS: 'false', SHOAL_PEER_NAME: '42' }
    expect(load({ env }).config).toMatchObject({ peers: ['a', 'b'], limits: { mdns: false }, name: '42' })
  })

  it('reads a secret from the file that *_FILE names', () => {
    writeFileSync(join(folder, 'token'), 'hush\n')
    expect(load({ env: { SHOAL_PEER_TOKEN_FILE: join(folder, 'token') } }).config.token).toBe('hush')
  })

  it.each([
    [{ yaml: 'nmae: x' }, /peer\.yaml: unknown key 'nmae'/, "did you mean 'name'?"],
    [{ yaml: 'limits:\n  uploadrate: 3' }, /unknown key 'limits.uploadrate'/, "did you mean 'limits.uploadRate'?"],
    [{ env: { SHOAL_PEER_NAM: 'x' } }, /environment: unknown key 'SHOAL_PEER_NAM'/, "did you mean 'SHOAL_PEER_NAME'?"],
    [{ yaml: 'listenPort: 0' }, /peer\.yaml: 'listenPort'/, "correct 'listenPort'"],
    [{ env: { SHOAL_PEER_LISTEN_PORT: 'http' } }, /environment: 'listenPort'/, "correct 'listenPort'"],
    [{ yaml: 'name: [' }, /peer\.yaml: /, 'correct the YAML'],
    [{ yaml: '- a' }, /not a map/, "write lines 'key: value'"],
  ])('refuses %o', (sources, message, fix) => {
    expect(() => load(sources)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', exit: 2, message: expect.stringMatching(message), fix }),
    )
  })
})
