/** Two LANs and the router between them, as network namespaces: no multicast gets from one to the other. */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'

export interface Lans extends Disposable {
  /** How to run something there. */
  readonly via: Readonly<Record<'one' | 'two' | 'router', readonly string[]>>
  /** The router's address, which both LANs reach. */
  readonly routerHost: string
}

const ROUTER_HOST = '10.77.1.1'
const SUBNETS = { one: '10.77.1', two: '10.77.2' } as const

/** Undefined where namespaces cannot be made: without root, or without iproute2. */
export function createLans(): Lans | undefined {
  const suffix = randomBytes(3).toString('hex')
  const name = (of: string): string => `shoal-${of}-${suffix}`
  const names = [name('router'), name('one'), name('two')]
  const remove = (): void => names.forEach((each) => attempt('ip', ['netns', 'delete', each]))
  // A test run that is ended from outside leaves nothing behind, either.
  process.on('exit', remove)
  const dispose = (): void => {
    process.off('exit', remove)
    remove()
  }
  try {
    for (const each of names) ip('netns', 'add', each)
    inside(name('router'), 'ip', 'link', 'set', 'lo', 'up')
    inside(name('router'), 'sysctl', '-q', '-w', 'net.ipv4.ip_forward=1')
    for (const lan of ['one', 'two'] as const) connectLan(name(lan), name('router'), SUBNETS[lan], `${lan}-${suffix}`)
  } catch {
    dispose()
    return undefined
  }
  const via = (of: string): string[] => ['ip', 'netns', 'exec', name(of)]
  return {
    via: { one: via('one'), two: via('two'), router: via('router') },
    routerHost: ROUTER_HOST,
    [Symbol.dispose]: dispose,
  }
}

function connectLan(lan: string, router: string, subnet: string, link: string): void {
  ip('link', 'add', `l-${link}`, 'netns', lan, 'type', 'veth', 'peer', 'name', `r-${link}`, 'netns', router)
  inside(router, 'ip', 'address', 'add', `${subnet}.1/24`, 'dev', `r-${link}`)
  inside(router, 'ip', 'link', 'set', `r-${link}`, 'up')
  inside(lan, 'ip', 'link', 'set', 'lo', 'up')
  inside(lan, 'ip', 'address', 'add', `${subnet}.2/24`, 'dev', `l-${link}`)
  inside(lan, 'ip', 'link', 'set', `l-${link}`, 'up')
  inside(lan, 'ip', 'route', 'add', 'default', 'via', `${subnet}.1`)
}

function inside(namespace: string, ...command: string[]): void {
  ip('netns', 'exec', namespace, ...command)
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: 'pipe' })
}

function attempt(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'pipe' })
    return true
  } catch {
    return false
  }
}
