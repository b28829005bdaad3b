/**
 * Network namespaces that never outlive their owner for long: the names carry its process id and start time, and whoever
 * makes new ones first removes those whose owner is dead, with what still runs in them.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

const PREFIX = 'shoal-lab'
const NAMES_IN = '/run/netns'
const COMMAND_TIMEOUT_MS = 20_000

let madeBefore = 0

export interface Namespaces extends Disposable {
  /** The full name of one of them. */
  name(of: string): string
  /** How to run something there. */
  via(of: string): readonly string[]
}

/** Why no namespace can be made here; undefined where they can. */
export function whyNoNamespaces(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces need Linux'
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  try {
    using probe = createNamespaces(['probe'])
    runBatch('ip', ['link add eth0 type veth peer name eth1'], probe.name('probe'))
    runBatch('tc', ['qdisc add dev eth0 root tbf rate 1mbit burst 16kb latency 50ms'], probe.name('probe'))
    return undefined
  } catch (error) {
    return `network namespaces need iproute2 and its rights (${String(error).split('\n', 1).join('')})`
  }
}

export function createNamespaces(labels: readonly string[]): Namespaces {
  sweepNamespaces()
  const prefix = `${PREFIX}-${process.pid}-${startOf(process.pid) ?? ''}-${++madeBefore}`
  const name = (of: string): string => `${prefix}-${of}`
  const remove = (): void => labels.forEach((label) => removeNamespace(name(label)))
  // A parent that ends without disposing leaves nothing behind, either.
  process.on('exit', remove)
  const dispose = (): void => {
    process.off('exit', remove)
    remove()
  }
  try {
    runBatch(
      'ip',
      labels.map((label) => `netns add ${name(label)}`),
    )
  } catch (error) {
    dispose()
    throw error
  }
  return { name, via: (of) => ['ip', 'netns', 'exec', name(of)], [Symbol.dispose]: dispose }
}

/** Removes what owners left who could not clean up any more. */
export function sweepNamespaces(): void {
  for (const name of listNamespaces()) {
    const [, pid, start] = /^shoal-lab-(\d+)-(\d+)-/.exec(name) ?? []
    if (pid !== undefined && startOf(Number(pid)) !== start) removeNamespace(name)
  }
}

export function listNamespaces(): string[] {
  try {
    return readdirSync(NAMES_IN).filter((name) => name.startsWith(`${PREFIX}-`))
  } catch {
    // The folder comes with the first namespace.
    return []
  }
}

/** Runs lines of `ip` or `tc` in a namespace, or outside all of them. */
export function runBatch(tool: 'ip' | 'tc', lines: readonly string[], namespace?: string): void {
  const where = namespace === undefined ? [] : ['-n', namespace]
  run(tool, [...where, '-batch', '-'], lines.join('\n'))
}

/** What a command prints. */
export function run(command: string, args: readonly string[], input = ''): string {
  const options = { input, encoding: 'utf8', stdio: 'pipe', timeout: COMMAND_TIMEOUT_MS } as const
  return execFileSync(command, args, options)
}

/** A name that is gone still holds its links while a process runs in it. */
function removeNamespace(name: string): void {
  if (!listNamespaces().includes(name)) return
  for (const pid of attempt(() => run('ip', ['netns', 'pids', name]))?.match(/\d+/g) ?? [])
    attempt(() => process.kill(Number(pid), 'SIGKILL'))
  attempt(() => run('ip', ['netns', 'delete', name]))
}

/** When a process started, in ticks since boot: a process id alone may belong to another one by now. */
function startOf(pid: number): string | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

/** For what may have been done already, by its owner or by another sweep. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
