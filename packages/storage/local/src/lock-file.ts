import { constants } from 'node:fs'
import { errnoOf, lacksHardLinks } from './disk.ts'
import { formatHolder, type Holder, judge, parseHolder } from './holder.ts'
import type { Root } from './root.ts'
import { createFile, removeTemporary } from './temporary.ts'
import { writeAll } from './transfer.ts'

const { O_RDONLY, O_NOFOLLOW = 0 } = constants
const MAX_HOLDER_BYTES = 4096

/** Stands in the name of a marker between the name of the lock and the token of the holder that died. */
export const BREAK_MARK = '.break-'

/** A complete lock file that waits to be linked to the name of a lock. */
export interface Ticket {
  readonly path: string
  readonly holder: Holder
}

/** Makes the lock exist, complete, with one winner. Whether it was this one. */
export async function claim(root: Root, path: string, ticket: Ticket): Promise<boolean> {
  try {
    await root.disk.link(ticket.path, path)
    return true
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    if (!lacksHardLinks(error)) throw error
  }
  return claimWithoutLinks(root, path, ticket)
}

/** Who holds the lock; `undefined` when nobody does. */
export async function readHolder(root: Root, path: string): Promise<Holder | 'unreadable' | undefined> {
  const { disk } = root
  let fd: number
  try {
    fd = await disk.open(path, O_RDONLY | O_NOFOLLOW)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    const bytes = Buffer.alloc(MAX_HOLDER_BYTES)
    const size = await disk.read(fd, bytes, 0, bytes.byteLength, 0)
    return parseHolder(bytes.toString('utf8', 0, size)) ?? 'unreadable'
  } finally {
    await disk.close(fd)
  }
}

/**
 * Removes the lock of a dead holder. Among any number of breakers one removes it, and none removes a later lock:
 *
 * - only who made the marker `<lock>.break-<token>` may remove the lock with that token, and looks again before;
 * - a marker is a lock as well, and broken in the same way when its maker died;
 * - markers go only after the lock with that token has gone, and tokens never come back.
 *
 * @returns whether the lock with that token is gone
 */
export async function breakLock(root: Root, path: string, token: string, ticket: Ticket): Promise<boolean> {
  const markers: string[] = []
  for (let marker = `${path}${BREAK_MARK}${token}`; ; ) {
    markers.push(marker)
    if (await claim(root, marker, ticket)) break
    const holder = await readHolder(root, marker)
    if (holder === undefined || holder === 'unreadable' || judge(holder) !== 'dead') return false
    marker += `${BREAK_MARK}${holder.token}`
  }
  let gone = false
  try {
    const holder = await readHolder(root, path)
    if (holder !== undefined && holder !== 'unreadable' && holder.token === token) await root.disk.unlink(path)
    gone = true
  } finally {
    // Who gives up leaves the task to another one, but must not take away what the dead left.
    for (const marker of gone ? markers : markers.slice(-1)) await removeTemporary(root, marker)
  }
  return true
}

/** A process that is killed between the two calls leaves a lock that says nothing; `sweep` removes it. */
async function claimWithoutLinks(root: Root, path: string, ticket: Ticket): Promise<boolean> {
  let fd: number
  try {
    fd = await createFile(root.disk, path)
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    throw error
  }
  try {
    await writeAll(root.disk, fd, Buffer.from(formatHolder(ticket.holder)))
    return true
  } catch (error) {
    await removeTemporary(root, path)
    throw error
  } finally {
    await root.disk.close(fd)
  }
}
