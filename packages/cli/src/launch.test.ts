import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shoal-launch-'))
  const launcher = new URL('../launch.js', import.meta.url).href
  write('package.json', '{"type":"module"}')
  write('bin/demo.js', `import { launch } from '${launcher}'\nawait launch(import.meta.url, 'main')\n`)
  write('src/main.ts', saying('sources'))
  write('src/part.ts', '')
  write('dist/main.js', saying('compiled'))
  write('dist/bundle/1/main.js', saying('bundle'))
  record('src/main.ts', 'src/part.ts')
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

function write(path: string, content: string): void {
  const file = join(folder, path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, content)
}

function saying(what: string): string {
  return `process.stdout.write('${what}')`
}

function record(...sources: string[]): void {
  const madeOf = sources.map((path) => {
    const { size, mtimeMs } = statSync(join(folder, path))
    return [path, size, mtimeMs]
  })
  write('dist/bundle.json', JSON.stringify({ entry: 'bundle/1/main.js', madeOf }))
}

function run(): string {
  return execFileSync(process.execPath, [join(folder, 'bin/demo.js')], { encoding: 'utf8' })
}

describe('launch', () => {
  it('runs the bundle of the sources that there are', () => {
    expect(run()).toBe('bundle')
  })

  it.each([
    ['longer', () => write('src/part.ts', '// more')],
    ['newer', () => utimesSync(join(folder, 'src/part.ts'), 0, Date.now() / 1000 + 5)],
    ['older', () => utimesSync(join(folder, 'src/part.ts'), 0, 1)],
    ['gone', () => rmSync(join(folder, 'src/part.ts'))],
  ])('runs the sources when one of them is %s than the bundle knows', (_, change) => {
    change()
    expect(run()).toBe('sources')
  })

  it('runs the sources when there is no bundle, or only the record of one', () => {
    rmSync(join(folder, 'dist/bundle'), { recursive: true })
    expect(run()).toBe('sources')
    rmSync(join(folder, 'dist'), { recursive: true })
    expect(run()).toBe('sources')
  })

  it('runs the bundle of a package without sources, and what was compiled where there is none', () => {
    rmSync(join(folder, 'src'), { recursive: true })
    expect(run()).toBe('bundle')
    rmSync(join(folder, 'dist/bundle.json'))
    expect(run()).toBe('compiled')
  })
})
