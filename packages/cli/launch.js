// Plain JavaScript on purpose: this file must load under any Node from 20 on, to find the Node 24 that the sources need.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import module from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const REQUIRED_MAJOR = 24
const FORWARDED_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2']

/**
 * Runs the bundle of a program next to the calling script, else `../src/<entry>.ts` (a checkout) or `../dist/<entry>.js` (a package), under Node 24.
 * @param {string} scriptUrl `import.meta.url` of the script in `bin/`
 * @param {string} entry name of the module to run, without extension
 * @param {string[]} flags of Node, for what must be settled before the program's first line
 * @param {Record<string, string>} env the same, of the environment; only with flags, and not handed on to what the program starts
 */
export async function launch(scriptUrl, entry, flags = [], env = {}) {
  const script = realpathSync(fileURLToPath(scriptUrl))
  if (Number.parseInt(process.versions.node, 10) >= REQUIRED_MAJOR) {
    if (!flags.every((flag) => process.execArgv.includes(flag)) && process.platform !== 'win32') {
      const again = [process.execPath, ...flags, ...process.execArgv, script, ...process.argv.slice(2)]
      process.execve(process.execPath, again, { ...env, ...process.env })
    }
    for (const name of Object.keys(env)) Reflect.deleteProperty(process.env, name)
    stopWithLauncher()
    // Halves the time to start: compiled code is kept in the system's folder for temporary files.
    module.enableCompileCache()
    await import(pathToFileURL(findEntry(script, entry)).href)
    return
  }
  const node = findNode(dirname(script))
  if (node === undefined) {
    process.stderr.write(
      `error  NODE_TOO_OLD  this is Node ${process.versions.node}, and Node ${REQUIRED_MAJOR} or newer is needed\n` +
        "       fix: run 'npm run setup' in the checkout (it brings its own Node), or install Node 24\n",
    )
    process.exitCode = 1
    return
  }
  runUnder(node, flags, script, env)
}

function findEntry(script, entry) {
  const folder = join(dirname(script), '..')
  const source = join(folder, 'src', `${entry}.ts`)
  return findBundle(folder) ?? (existsSync(source) ? source : join(folder, 'dist', `${entry}.js`))
}

/**
 * A bundle of other sources than there are now is none: whoever edits runs what was edited, only slower until the next `npm run bundle`.
 * @param {string} folder of the program's package
 * @returns {string | undefined} the file to run
 */
export function findBundle(folder) {
  const record = readRecord(join(folder, 'dist', 'bundle.json'))
  if (record === undefined) return undefined
  // Packages hold no sources.
  const isFresh = !existsSync(join(folder, 'src')) || record.madeOf.every((source) => isAsItWas(folder, source))
  const file = join(folder, 'dist', record.entry)
  return isFresh && existsSync(file) ? file : undefined
}

function readRecord(file) {
  if (!existsSync(file)) return undefined
  return JSON.parse(readFileSync(file, 'utf8'))
}

function isAsItWas(folder, [path, sizeBytes, modifiedMs]) {
  const now = statSync(join(folder, path), { throwIfNoEntry: false })
  return now?.size === sizeBytes && now.mtimeMs === modifiedMs
}

/** The npm package `node`, from the nearest node_modules above. */
function findNode(folder) {
  const binary = process.platform === 'win32' ? 'node.exe' : 'node'
  for (let at = folder; ; at = dirname(at)) {
    const candidate = join(at, 'node_modules', 'node', 'bin', binary)
    if (existsSync(candidate)) return candidate
    if (at === dirname(at)) return undefined
  }
}

function runUnder(node, flags, script, env) {
  // The ipc channel carries no messages: that it closes tells the child that this process is gone, even after kill -9.
  const child = spawn(node, [...flags, script, ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...env, ...process.env },
  })
  for (const signal of FORWARDED_SIGNALS) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`error  LAUNCH_FAILED  ${node}: ${error.message}\n       fix: run 'npm run setup' again\n`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    process.exit(signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0))
  })
}

function stopWithLauncher() {
  if (!process.connected) return
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  process.channel?.unref()
}
