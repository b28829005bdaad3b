/** TCP connections between two processes of this machine, as Linux tells them. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** As /proc/net/tcp writes it. */
const ESTABLISHED = '01'

interface Socket {
  inode: string
  local: string
  remote: string
}

/** How many the first process holds open to the second; what the second does with them does not matter. */
export function connectionsBetween(pid: number, other: number): number {
  const ports = new Set(socketsOf(other).map(({ local }) => local))
  return socketsOf(pid).filter(({ remote }) => ports.has(remote)).length
}

function socketsOf(pid: number): Socket[] {
  const inodes = new Set(inodesOf(pid))
  const tables = ['tcp', 'tcp6'].map((name) => readFileSync(`/proc/self/net/${name}`, 'utf8'))
  return tables.flatMap((table) => table.split('\n').flatMap(parse)).filter(({ inode }) => inodes.has(inode))
}

function parse(line: string): Socket[] {
  const [, local = '', remote = '', state = '', , , , , , inode = ''] = line.trim().split(/\s+/)
  return state === ESTABLISHED ? [{ inode, local: portOf(local), remote: portOf(remote) }] : []
}

function portOf(address: string): string {
  return address.slice(address.indexOf(':') + 1)
}

/** None of a process that has ended. */
function inodesOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => targetOf(`/proc/${pid}/fd/${fd}`))
  } catch {
    return []
  }
}

function targetOf(link: string): string[] {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.slice(1) ?? []
  } catch {
    return []
  }
}
