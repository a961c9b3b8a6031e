import { constants } from 'node:fs'
import { dirname } from 'node:path'
import { RESERVED_SEGMENT } from '@resultkit/core'
import { errnoOf } from './disk.ts'
import { type Call, failure } from './failure.ts'
import type { Place } from './place.ts'
import { internalPath, type Root } from './root.ts'

const { O_RDONLY, O_DIRECTORY = 0 } = constants

/** Makes the folder of this storage's own files, and the root. CONFIG when a file or a symlink is in the way. */
export async function makeInternal(call: Call, folder: 'tmp' | 'locks'): Promise<string> {
  const { root } = call
  await makeRoot(call)
  const path = internalPath(root, folder)
  for (const directory of [`${root.base}/${RESERVED_SEGMENT}`, path]) {
    await makeDirectory(root, directory)
    const stats = await root.disk.kind(directory)
    // Gone again: others remove the root, which the next step meets and says.
    if (stats === undefined || stats.isDirectory()) continue
    const what = `"${RESERVED_SEGMENT}" in the storage directory, or "${folder}" in it, is not a directory. Move it away`
    throw failure(call, 'CONFIG', what)
  }
  return path
}

/** Makes the directories to a place. Those that vanish again meanwhile are the caller's to try once more. */
export async function makeParents(call: Call, place: Place): Promise<void> {
  for (const parent of place.parents) await makeDirectory(call.root, parent)
}

/** Removes the directories to a place from the innermost on, as long as they are empty. Never fails. */
export async function pruneParents(call: Call, place: Place): Promise<void> {
  try {
    for (const parent of place.parents.toReversed()) await call.root.disk.rmdir(parent)
  } catch {
    // Not empty, most likely.
  }
}

/** Puts the names on the way from the root to a place on the device. */
export async function syncParents(call: Call, place: Place): Promise<void> {
  for (const directory of [...place.parents.toReversed(), call.root.directory])
    await syncDirectory(call.root, directory)
}

async function makeRoot(call: Call): Promise<void> {
  const { root } = call
  let first: string | undefined
  try {
    first = await makePath(root, root.directory)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno !== 'EEXIST' && errno !== 'ENOENT') throw error
    const what =
      'the storage directory cannot be made: a file or a symlink to nothing is there, or no directory can be. Name another one'
    throw failure(call, 'CONFIG', what, { cause: error })
  }
  if (first === undefined || root.durability !== 'full') return
  for (let directory = dirname(root.directory); ; directory = dirname(directory)) {
    await syncDirectory(root, directory)
    if (directory === dirname(first) || directory === dirname(directory)) return
  }
}

/** As `mkdir -p`; gives the first one made. Node's own never ends where a directory can hold none, such as /proc. */
async function makePath(root: Root, path: string): Promise<string | undefined> {
  const { disk } = root
  try {
    await disk.mkdir(path)
    return path
  } catch (error) {
    const above = dirname(path)
    if (errnoOf(error) === 'ENOENT' && (await disk.stat(above)) === undefined) {
      const first = await makePath(root, above)
      const made = await makePath(root, path)
      return first ?? made
    }
    const stats = await disk.stat(path)
    if (stats?.isDirectory()) return undefined
    const isGone = stats === undefined && errnoOf(error) === 'EEXIST' && (await disk.kind(path)) === undefined
    if (isGone) return undefined
    throw error
  }
}

async function makeDirectory(root: Root, path: string): Promise<void> {
  try {
    await root.disk.mkdir(path)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno !== 'EEXIST' && errno !== 'ENOENT' && errno !== 'ENOTDIR') throw error
  }
}

async function syncDirectory({ bulk }: Root, directory: string): Promise<void> {
  // Windows cannot open a directory to flush it; its journal keeps names in order.
  if (process.platform === 'win32') return
  let fd: number
  try {
    fd = await bulk.open(directory, O_RDONLY | O_DIRECTORY)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return
    throw error
  }
  try {
    await bulk.fsync(fd)
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL') throw error
  } finally {
    await bulk.close(fd)
  }
}
