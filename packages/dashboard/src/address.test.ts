import { expect, it } from 'vitest'
import { addressOf, match, releaseAddress } from './address.ts'

it('leaves out what is not asked for', () => {
  expect(addressOf('/devices', { site: 'waw 2', state: '', ring: 0, text: undefined })).toBe(
    '/devices?site=waw+2&ring=0',
  )
  expect(addressOf('/devices')).toBe('/devices')
})

it('takes paths apart as they were put together', () => {
  const release = { product: 'game', channel: 'stable', version: '4.7+1' }
  expect(match('/releases/:/:/:', releaseAddress(release))).toEqual(['game', 'stable', '4.7+1'])
  expect(match('/rollouts/:', '/rollouts/')).toBeUndefined()
  expect(match('/rollouts/:', '/devices/x')).toBeUndefined()
  expect(match('/rollouts/:', '/rollouts/%')).toEqual(['%'])
})
