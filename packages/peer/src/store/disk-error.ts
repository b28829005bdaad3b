import { PeerError } from '../error.ts'
import type { Disk } from './disk.ts'

/** Whether `error` is a system error with one of these codes. */
export function isErrno(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

/** `undefined` where the path is absent, anything else thrown. */
export async function absentOk<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}

/** The same disk, whose failures that a person can mend name the path and say what to do. What code branches on (ENOENT, EEXIST …) passes through. */
export function describeErrors(disk: Disk): Disk {
  const paths = new Map<number, string>()
  const of = (fd: number): string => paths.get(fd) ?? `descriptor ${fd}`
  return {
    async open(path, flags, mode) {
      const fd = await at(path, disk.open(path, flags, mode))
      paths.set(fd, path)
      return fd
    },
    close(fd) {
      const path = of(fd)
      paths.delete(fd)
      return at(path, disk.close(fd))
    },
    read: (fd, into, position) => at(of(fd), disk.read(fd, into, position)),
    write: (fd, bytes, position) => at(of(fd), disk.write(fd, bytes, position), bytes.length),
    truncate: (fd, size) => at(of(fd), disk.truncate(fd, size)),
    stat: (fd) => at(of(fd), disk.stat(fd)),
    chmod: (fd, mode) => at(of(fd), disk.chmod(fd, mode)),
    sync: (fd) => at(of(fd), disk.sync(fd)),
    lstat: (path) => at(path, disk.lstat(path)),
    mkdir: (path, options) => at(path, disk.mkdir(path, options)),
    list: (path) => at(path, disk.list(path)),
    rename: (from, to) => at(to, disk.rename(from, to)),
    link: (from, to) => disk.link(from, to),
    symlink: (target, path) => at(path, disk.symlink(target, path)),
    readlink: (path) => at(path, disk.readlink(path)),
    unlink: (path) => at(path, disk.unlink(path)),
    remove: (path) => at(path, disk.remove(path)),
    freeBytes: (path) => at(path, disk.freeBytes(path)),
  }
}

async function at<T>(path: string, work: Promise<T>, bytes = 0): Promise<T> {
  try {
    return await work
  } catch (cause) {
    throw describeError(path, cause, bytes)
  }
}

/** What a person can mend, in words; any other error as it is. */
export function describeError(path: string, cause: unknown, bytes = 0): unknown {
  if (isErrno(cause, 'ENOSPC', 'EDQUOT')) {
    const needed = bytes > 0 ? ` (writing ${bytes} bytes)` : ''
    return new PeerError('DISK_FULL', `the disk is full: ${path}${needed}`, { cause })
  }
  if (isErrno(cause, 'EACCES', 'EPERM', 'EROFS')) {
    const why = isErrno(cause, 'EROFS') ? 'the file system is read-only' : 'permission denied'
    return new PeerError('STORE_DENIED', `${why}: ${path}; run as the owner of the folder or choose another`, {
      cause,
    })
  }
  return cause
}
