import fs from 'node:fs'
import type { BigIntStats, Dirent } from 'node:fs'
import { promisify } from 'node:util'

/** The file system as the store uses it: plain descriptors, whole reads and writes. A dependency, so that tests can cut it off anywhere. */
export interface Disk {
  open(path: string, flags: number, mode?: number): Promise<number>
  close(fd: number): Promise<void>
  /** Reads until `into` is full or the file ends; returns the bytes read. */
  read(fd: number, into: Uint8Array, position: number): Promise<number>
  /** Writes all of `bytes`. */
  write(fd: number, bytes: Uint8Array, position: number): Promise<void>
  truncate(fd: number, size: number): Promise<void>
  stat(fd: number): Promise<BigIntStats>
  chmod(fd: number, mode: number): Promise<void>
  sync(fd: number): Promise<void>
  /** Of the path itself: links are not followed. */
  lstat(path: string): Promise<BigIntStats>
  mkdir(path: string, options?: { recursive?: boolean; mode?: number }): Promise<void>
  list(path: string): Promise<Dirent[]>
  rename(from: string, to: string): Promise<void>
  link(from: string, to: string): Promise<void>
  symlink(target: string, path: string): Promise<void>
  readlink(path: string): Promise<string>
  unlink(path: string): Promise<void>
  /** A whole tree; absence is fine. */
  remove(path: string): Promise<void>
  freeBytes(path: string): Promise<number>
}

// The callback functions and bare descriptors cost about half of what FileHandle costs, which shows with 10,000 small files.
const call = {
  open: promisify(fs.open),
  close: promisify(fs.close),
  truncate: promisify(fs.ftruncate),
  stat: promisify<number, { bigint: true }, BigIntStats>(fs.fstat),
  chmod: promisify(fs.fchmod),
  sync: promisify(fs.fsync),
  lstat: promisify<string, { bigint: true }, BigIntStats>(fs.lstat),
  mkdir: promisify<string, fs.MakeDirectoryOptions>(fs.mkdir),
  rename: promisify(fs.rename),
  link: promisify(fs.link),
  unlink: promisify(fs.unlink),
}

export const nodeDisk: Disk = {
  open: (path, flags, mode) => call.open(path, flags, mode),
  close: (fd) => call.close(fd),
  async read(fd, into, position) {
    let done = 0
    while (done < into.length) {
      const count = await readOnce(fd, into, done, position + done)
      if (count === 0) break
      done += count
    }
    return done
  },
  async write(fd, bytes, position) {
    let done = 0
    while (done < bytes.length) done += await writeOnce(fd, bytes, done, position + done)
  },
  truncate: (fd, size) => call.truncate(fd, size),
  stat: (fd) => call.stat(fd, { bigint: true }),
  chmod: (fd, mode) => call.chmod(fd, mode),
  sync: (fd) => call.sync(fd),
  lstat: (path) => call.lstat(path, { bigint: true }),
  mkdir: (path, options) => call.mkdir(path, { ...options }),
  list: (path) => fs.promises.readdir(path, { withFileTypes: true }),
  rename: (from, to) => call.rename(from, to),
  link: (from, to) => call.link(from, to),
  symlink: (target, path) => fs.promises.symlink(target, path),
  readlink: (path) => fs.promises.readlink(path),
  unlink: (path) => call.unlink(path),
  remove: (path) => fs.promises.rm(path, { recursive: true, force: true }),
  async freeBytes(path) {
    const stat = await fs.promises.statfs(path)
    return stat.bavail * stat.bsize
  },
}

function readOnce(fd: number, into: Uint8Array, offset: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, into, offset, into.length - offset, position, (error, count) => {
      if (error) reject(error)
      else resolve(count)
    })
  })
}

function writeOnce(fd: number, bytes: Uint8Array, offset: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.write(fd, bytes, offset, bytes.length - offset, position, (error, count) => {
      if (error) reject(error)
      else resolve(count)
    })
  })
}
