import { blockIdOf } from '@shoal/release'
import type { Vector } from './write.ts'

type Kind = 'target' | 'name' | 'version' | 'id'
const ID = blockIdOf(Buffer.from('a release'))

function valid(name: string, kind: Kind, text: string, expect: unknown = text): Vector {
  return { name, kind, text, expect }
}

function invalid(name: string, kind: Kind, text: string): Vector {
  return { name, code: kind === 'id' ? 'ID_INVALID' : 'NAME_INVALID', rule: name.replace(/--.*/, ''), kind, text }
}

export const validNames: Vector[] = [
  valid('target', 'target', 'node@stable', { product: 'node', channel: 'stable', platform: 'any' }),
  valid('target-version', 'target', 'my.app@lts-24:24.1.0-RC.1+build_7', {
    product: 'my.app',
    channel: 'lts-24',
    version: '24.1.0-RC.1+build_7',
    platform: 'any',
  }),
  valid('name', 'name', '7zip.x_y-z'),
  valid('name-longest', 'name', 'a'.repeat(64)),
  valid('version', 'version', 'V1.0'),
  valid('id', 'id', ID),
]

export const invalidNames: Vector[] = [
  invalid('target-syntax', 'target', 'node'),
  invalid('target-syntax--two', 'target', 'a@b@c'),
  invalid('target-syntax--colons', 'target', 'a@b:1:2'),
  invalid('name-syntax', 'name', 'Node'),
  invalid('name-syntax--empty', 'target', '@stable'),
  invalid('name-syntax--slash', 'name', 'a/b'),
  invalid('name-syntax--dot', 'name', '.hidden'),
  invalid('name-syntax--newline', 'name', 'a\n'),
  invalid('name-syntax--long', 'name', 'a'.repeat(65)),
  invalid('name-reserved', 'name', 'con'),
  invalid('name-reserved--extension', 'name', 'nul.txt'),
  invalid('name-reserved--dots', 'name', 'a..b'),
  invalid('name-reserved--trailing', 'name', 'a.'),
  invalid('version-syntax', 'version', '1/2'),
  invalid('version-syntax--empty', 'target', 'a@b:'),
  invalid('version-syntax--climb', 'version', '../1'),
  invalid('version-reserved', 'version', 'nul.1'),
  invalid('version-reserved--dots', 'version', '1..2'),
  invalid('version-reserved--device', 'version', 'COM1.0'),
  invalid('id-syntax', 'id', 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'),
  invalid('id-syntax--upper', 'id', ID.toUpperCase()),
  invalid('id-syntax--short', 'id', ID.slice(0, -1)),
  invalid('id-syntax--bits', 'id', `${ID.slice(0, -1)}${ID.endsWith('7') ? '6' : '7'}`),
  invalid('id-syntax--path', 'id', `${ID}/../x`),
]
