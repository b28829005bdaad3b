import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDuration, parseDuration } from './duration.ts'
import { parseHostPort } from './host-port.ts'
import { formatBytes, parseSize } from './size.ts'

describe('formatBytes', () => {
  it('shows at most three figures and a decimal unit', () => {
    expect([0, 999, 1000, 41_800_000_000, 999_960, 126_595_440].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '41.8 GB',
      '1.0 MB',
      '127 MB',
    ])
  })
})

describe('parseSize', () => {
  it('reads decimal and binary units', () => {
    expect(['4096', '64MiB', '1.5GB', '200 k', '1TiB', '0'].map(parseSize)).toEqual([
      4096, 67_108_864, 1_500_000_000, 200_000, 1_099_511_627_776, 0,
    ])
  })

  it.each(['', 'x', '-1', '1 mile', '1e9', '9999999TiB', 'NaN'])('refuses %o', (text) => {
    expect(() => parseSize(text)).toThrow('is not a size')
  })

  it('reads back what formatBytes shows, within its rounding', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9e14 }), (bytes) => {
        expect(Math.abs(parseSize(formatBytes(bytes)) - bytes)).toBeLessThanOrEqual(Math.max(1, bytes * 0.05))
      }),
    )
  })
})

describe('durations', () => {
  it('shows the two largest units', () => {
    expect([0, 850, 1000, 1400, 41_000, 130_000, 3_600_000, 277_200_000, 59_999].map(formatDuration)).toEqual([
      '0ms',
      '850ms',
      '1s',
      '1.4s',
      '41s',
      '2m10s',
      '1h',
      '3d5h',
      '1m',
    ])
  })

  it('reads units, alone and joined', () => {
    expect(['250ms', '30s', '1m30s', '2h', '1d', '0'].map(parseDuration)).toEqual([
      250, 30_000, 90_000, 7_200_000, 86_400_000, 0,
    ])
  })

  it.each(['', '5', 's', '1 week', '-1s'])('refuses %o', (text) => {
    expect(() => parseDuration(text)).toThrow('is not a duration')
  })
})

describe('parseHostPort', () => {
  it('reads names, IPv4, bracketed IPv6 and an empty host', () => {
    expect(parseHostPort('127.0.0.1:8080')).toEqual({ host: '127.0.0.1', port: 8080 })
    expect(parseHostPort('[::1]:0')).toEqual({ host: '::1', port: 0 })
    expect(parseHostPort(':9000')).toEqual({ host: '::', port: 9000 })
  })

  it.each(['', '8080', 'host', 'host:65536', '::1:80', 'http://a:80', 'a b:1'])('refuses %o', (text) => {
    expect(() => parseHostPort(text)).toThrow('is not HOST:PORT')
  })
})
