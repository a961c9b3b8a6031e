import type { BigIntStats, Stats } from 'node:fs'
import { errnoOf } from './disk.ts'
import { type Call, failure } from './failure.ts'
import { encodePath, MAX_PATH_BYTES } from './key-path.ts'

/** Where a key's file is, or would be. */
export interface Place {
  readonly path: string
  /** The directories between the root and the file, outermost first. */
  readonly parents: readonly string[]
}

/** What stands at a place. `blocked`: one of its parents is a file. */
export type Found =
  | { readonly is: 'file'; readonly stats: BigIntStats }
  | { readonly is: 'directory' | 'blocked' }
  | { readonly is: 'absent'; readonly parents: 'there' | 'missing' }

/** INVALID_KEY when the path is longer than the system takes. No I/O. */
export function locate(call: Call, key: string): Place {
  const { base } = call.root
  const relative = encodePath(key)
  const path = `${base}/${relative}`
  if (path.length * 3 > MAX_PATH_BYTES && Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw failure(
      call,
      'INVALID_KEY',
      `the key's path has more than ${MAX_PATH_BYTES} bytes. Use a shorter key or a directory nearer to the root`,
    )
  }
  return { path, parents: parentsOf(base, relative) }
}

/** The absolute paths of the directories that a relative path goes through. */
export function parentsOf(base: string, relative: string): readonly string[] {
  const parents: string[] = []
  for (let at = relative.indexOf('/'); at !== -1; at = relative.indexOf('/', at + 1)) {
    parents.push(`${base}/${relative.slice(0, at)}`)
  }
  return parents
}

/** Looks at directories one by one, outermost first, so that no symlink below the root is followed. */
export async function walk(
  call: Call,
  parents: readonly string[],
): Promise<'there' | 'missing' | 'blocked' | 'symlink'> {
  const [first] = parents
  for (const parent of parents) {
    let stats: Stats | undefined
    try {
      stats = await call.root.disk.kind(parent)
    } catch (error) {
      if (errnoOf(error) === 'ENOTDIR' && parent !== first) return 'blocked'
      throw error
    }
    if (stats === undefined) {
      if (parent === first) await assertRoot(call)
      return 'missing'
    }
    if (stats.isSymbolicLink()) return 'symlink'
    if (!stats.isDirectory()) return 'blocked'
  }
  return 'there'
}

/** What is at a place. INVALID_KEY for a symlink and for what is neither file nor directory. */
export async function look(call: Call, place: Place): Promise<Found> {
  const parents = place.parents.length === 0 ? 'there' : await walk(call, place.parents)
  if (parents === 'symlink') throw refuseSymlink(call)
  if (parents === 'blocked') return { is: 'blocked' }
  if (parents === 'missing') return { is: 'absent', parents: 'missing' }
  let stats: BigIntStats | undefined
  try {
    stats = await call.root.disk.lstat(place.path)
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR' && place.parents.length > 0) return { is: 'blocked' }
    throw error
  }
  if (stats?.isFile()) return { is: 'file', stats }
  if (stats?.isDirectory()) return { is: 'directory' }
  if (stats !== undefined) throw stats.isSymbolicLink() ? refuseSymlink(call) : refuseSpecial(call)
  if (place.parents.length === 0) await assertRoot(call)
  return { is: 'absent', parents: 'there' }
}

/**
 * Returns when the root is a directory or not there; CONFIG when it is something else, which is not "absent".
 *
 * @param cause - the error that gave rise to the question
 */
export async function assertRoot(call: Call, cause?: unknown): Promise<void> {
  const { disk, directory } = call.root
  const stats = await disk.stat(directory)
  if (stats?.isDirectory()) return
  if (stats !== undefined) {
    throw failure(call, 'CONFIG', 'the storage directory is a file. Name another directory', { cause })
  }
  if ((await disk.kind(directory)) === undefined) return
  const what =
    'the storage directory is a symlink to nothing. Create its target, or mount it, or name another directory'
  throw failure(call, 'CONFIG', what, { cause })
}

/** INVALID_KEY: nothing below the root is reached by way of a symlink. */
export function refuseSymlink(call: Call): Error {
  const what = 'the key leads to a symlink, which this storage does not follow. Replace it by what it points to'
  return failure(call, 'INVALID_KEY', what)
}

/** INVALID_KEY: a socket, a pipe or a device is at the key. */
export function refuseSpecial(call: Call): Error {
  const what = 'the key leads to something that is neither a file nor a directory. Move it away'
  return failure(call, 'INVALID_KEY', what)
}
