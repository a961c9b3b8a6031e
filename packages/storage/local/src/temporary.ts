import { constants } from 'node:fs'
import type { Disk } from './disk.ts'
import { errnoOf } from './disk.ts'
import type { Call } from './failure.ts'
import { makeInternal } from './folders.ts'
import { internalPath, type Root } from './root.ts'

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW = 0 } = constants

/** A file that nobody sees, open for writing. */
export interface Temporary {
  readonly path: string
  readonly fd: number
}

// The folders have been looked at once: from then on they are taken to be directories.
const known = new WeakSet<Root>()

/** Makes a temporary with a name that nobody else has, and its folder if need be. */
export async function createTemporary(call: Call): Promise<Temporary> {
  const { root } = call
  if (!known.has(root)) {
    await makeInternal(call, 'tmp')
    known.add(root)
  }
  const path = `${internalPath(root, 'tmp')}/${crypto.randomUUID()}`
  try {
    return { path, fd: await createFile(root.disk, path) }
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
  await makeInternal(call, 'tmp')
  return { path, fd: await createFile(root.disk, path) }
}

/** Removes a temporary, if it is still there. Never fails: what stays is for `sweep`. */
export async function removeTemporary(root: Root, path: string): Promise<void> {
  try {
    await root.disk.unlink(path)
  } catch {
    // Gone already, or the disk fails, which the operation itself has met as well.
  }
}

/** Creates a file for writing that must not exist. */
export async function createFile(disk: Disk, path: string): Promise<number> {
  return disk.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666)
}
