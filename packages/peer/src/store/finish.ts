/**
 * From a complete staged tree to an installed release, in an order that makes every interruption harmless: the tree is made whole and
 * durable where it is, then what is needed to serve and reuse it (the manifest's blocks, the record of stamps), and only then
 * one rename makes it an installed release. Before the rename there is a staged release that resumes, after it an installed one.
 */
import type { Manifest } from '@shoal/release'
import { constants } from 'node:fs'
import { PeerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import { syncFolder, syncPath } from './atomic-file.ts'
import type { Disk } from './disk.ts'
import { absentOk, isErrno } from './disk-error.ts'
import { each } from './each.ts'
import { foldersOf, makeFolders, renameDurably, sealFolders, sweepFolders } from './folders.ts'
import type { Layout } from './layout.ts'
import { writeRecord } from './record.ts'
import { createFile, modeOf, type StagedFiles } from './staged-files.ts'

export async function finishTree(disk: Disk, layout: Layout, manifest: Manifest, files: StagedFiles): Promise<void> {
  const folders = foldersOf(manifest)
  await makeFolders(disk, files.root, folders)
  await sweepFolders(disk, files.root, manifest, folders)
  await sealFiles(disk, files)
  await makeSymlinks(disk, files.root, manifest)
  await sealFolders(disk, files.root, folders)

  await syncBlocks(disk, layout, manifest)
  const recordedAtNs = BigInt(Date.now()) * 1_000_000n
  await writeRecord(disk, layout, manifest.id, { recordedAtNs, stamps: files.stamps, blockIds: manifest.blockIds })
  const installed = layout.release(manifest.id)
  await renameDurably(disk, files.root, installed)
  await files.moveTo(installed)
}

// Syncs run side by side: the file system puts those that wait for each other into one commit.
async function sealFiles(disk: Disk, files: StagedFiles): Promise<void> {
  const changed: string[] = []
  const count = files.stamps.files
  await each(Array(count).keys(), LIMITS.fileOperationsMax, async (file) => {
    if (await sealFile(disk, files, file)) return
    changed.push(files.entry(file).path)
    await files.discard(file)
  })
  if (changed.length === 0) return
  const names = changed.slice(0, 3).join(', ')
  throw new PeerError(
    'CHUNK_GONE',
    `${changed.length} files changed while the release was assembled (${names}): they are fetched again`,
  )
}

async function sealFile(disk: Disk, files: StagedFiles, file: number): Promise<boolean> {
  const entry = files.entry(file)
  if (files.isSealed(file)) {
    // Durable since the release that it is shared with was finished.
    const stat = await absentOk(disk.lstat(files.path(file)))
    return stat !== undefined && files.stamps.matches(file, stat)
  }
  const fd = await openToSeal(disk, files, file)
  if (fd === undefined) return false
  try {
    const stat = await disk.stat(fd)
    if (!stat.isFile() || stat.nlink !== 1n || stat.size !== BigInt(entry.size)) return false
    if (Number(stat.mode & 0o7777n) !== modeOf(entry)) await disk.chmod(fd, modeOf(entry))
    await disk.sync(fd)
    files.stamps.set(file, stat)
    return true
  } finally {
    await disk.close(fd)
  }
}

async function openToSeal(disk: Disk, files: StagedFiles, file: number): Promise<number | undefined> {
  const entry = files.entry(file)
  if (entry.size === 0) return createFile(disk, files.path(file), entry)
  try {
    return await disk.open(files.path(file), constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ELOOP', 'ENOTDIR')) return undefined
    throw error
  }
}

// Only now: while chunks were written there was no symlink in the tree that a path could lead through.
async function makeSymlinks(disk: Disk, root: string, manifest: Manifest): Promise<void> {
  for (const entry of manifest.entries) {
    if (entry.kind !== 'symlink') continue
    const path = `${root}/${entry.path}`
    await disk.remove(path)
    await disk.symlink(entry.target, path)
  }
}

async function syncBlocks(disk: Disk, layout: Layout, manifest: Manifest): Promise<void> {
  await each(manifest.blockIds, LIMITS.fileOperationsMax, async (id) => {
    await absentOk(syncPath(disk, layout.block(id)))
  })
  await syncFolder(disk, layout.blocks)
}
