import { loadConfig } from '@shoal/cli'
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { configSchema, formatRate, type Config } from './index.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'shoal-config-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

function load(yaml: string, env: Record<string, string> = {}): Config {
  const file = join(dir, 'peer.yaml')
  writeFileSync(file, `follow: [{ target: game@stable, out: /srv/game }]\n${yaml}`)
  return loadConfig(configSchema, { file, envPrefix: 'SHOAL_PEER_', env, flags: {} })
}

describe('limits in the configuration', () => {
  it('are none unless they are given', () => {
    expect(load('')).toMatchObject({ limits: {}, windows: [] })
  })

  it('are rates as people write them, in the file and in the environment', () => {
    const { limits } = load('limits: { uploadWan: 5MB/s, downloadWan: 200 kB/s, downloadLan: unlimited, origin: 0 }', {
      SHOAL_PEER_LIMITS_UPLOAD_LAN: '1.5 MiB/s',
    })
    expect(limits).toEqual({
      uploadWan: 5_000_000,
      downloadWan: 200_000,
      downloadLan: Infinity,
      origin: 0,
      uploadLan: 1_572_864,
    })
    expect(
      Object.values(limits)
        .map((rate) => formatRate(rate ?? NaN))
        .sort(),
    ).toEqual(['1.6 MB/s', '200 kB/s', '5.0 MB/s', 'never', 'unlimited'])
  })

  it('may be others at times of the week', () => {
    const [day, night] = load(`
windows:
  - { days: fri-mon, from: 08:00, to: 18:00, zone: Europe/Warsaw, uploadWan: 1MB/s }
  - { from: 22:30, to: 24:00, zone: UTC, uploadWan: unlimited, origin: never }
`).windows
    expect(day).toMatchObject({
      days: new Set([5, 6, 0, 1]),
      fromMinute: 480,
      toMinute: 1080,
      zone: 'Europe/Warsaw',
      rates: { uploadWan: 1_000_000 },
    })
    expect(night).toMatchObject({ fromMinute: 1350, toMinute: 0, rates: { uploadWan: Infinity, origin: 0 } })
    expect(night?.days.size).toBe(7)
  })

  it.each([
    ['limits: { uploadWan: fast }', /limits\.uploadWan.*not a rate.*5MB\/s/],
    ['limits: { uploadWan: 100 }', /limits\.uploadWan.*too little/],
    ['limits: { uploadWan: -1 }', /limits\.uploadWan.*not a rate/],
    ['limits: { uplaodWan: 1MB/s }', /unknown key 'limits\.uplaodWan'/],
    ['windows: [{ from: 8, to: 18:00, zone: UTC, origin: 0 }]', /windows\.0\.from/],
    ['windows: [{ from: 25:00, to: 18:00, zone: UTC, origin: 0 }]', /'25:00' is not a time of day/],
    ['windows: [{ from: 08:60, to: 18:00, zone: UTC, origin: 0 }]', /'08:60' is not a time of day/],
    ['windows: [{ from: 08:00, to: 18:00, zone: Warsaw, origin: 0 }]', /'Warsaw' is not a time zone/],
    ['windows: [{ days: mon-fir, from: 08:00, to: 18:00, zone: UTC, origin: 0 }]', /'mon-fir' are not days/],
    ['windows: [{ from: 08:00, to: 18:00, zone: UTC }]', /limits nothing/],
    ['windows: [{ from: 08:00, to: 18:00, zone: UTC, origin: 0, rate: 1 }]', /windows\.0/],
  ])('%s is refused with what is wrong with it', (yaml, message) => {
    expect(() => load(yaml)).toThrow(message)
  })
})
