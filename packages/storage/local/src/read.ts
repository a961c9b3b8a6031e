import { constants } from 'node:fs'
import { type Key, type ObjectStat, type ReadOptions, resolveRange, type StoredObject } from '@resultkit/core'
import { errnoOf } from './disk.ts'
import { type Call, checkSignal, failure, guard, NOT_THE_VERSION } from './failure.ts'
import { openObject, smallObject } from './object.ts'
import { assertRoot, locate, look, type Place, refuseSpecial, refuseSymlink, walk } from './place.ts'
import { type Root, SMALL_BYTES } from './root.ts'
import { allocate, readFully } from './transfer.ts'
import { objectStat } from './version.ts'

// Without O_NONBLOCK, opening a pipe would wait for its writer.
const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants

/** `ResultStorage.read`. Small values are read at once; larger ones keep a file open until they are taken. */
export async function readObject(root: Root, key: Key, options: ReadOptions): Promise<StoredObject | undefined> {
  const call: Call = { root, operation: 'read', key, signal: options.signal }
  return guard(call, async () => {
    checkSignal(call)
    const place = locate(call, key)
    const parents = place.parents.length === 0 ? 'there' : await walk(call, place.parents)
    if (parents === 'symlink') throw refuseSymlink(call)
    if (parents !== 'there') return undefined
    const fd = await openFile(call, place)
    if (fd === undefined) return undefined
    let kept = false
    try {
      const object = await readOpened(call, key, fd, options)
      kept = object?.keepsFile === true
      checkSignal(call)
      return object?.object
    } catch (error) {
      kept = false
      throw error
    } finally {
      if (!kept) await root.disk.close(fd)
    }
  })
}

/** `ResultStorage.stat`. */
export async function statObject(
  root: Root,
  key: Key,
  signal: AbortSignal | undefined,
): Promise<ObjectStat | undefined> {
  const call: Call = { root, operation: 'stat', key, signal }
  return guard(call, async () => {
    checkSignal(call)
    const found = await look(call, locate(call, key))
    checkSignal(call)
    return found.is === 'file' ? objectStat(key, found.stats) : undefined
  })
}

async function openFile(call: Call, place: Place): Promise<number | undefined> {
  try {
    return await call.root.disk.open(place.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENXIO') throw refuseSpecial(call)
    if (errno !== 'ENOENT' && errno !== 'ENOTDIR' && errno !== 'ELOOP') throw error
    // The root may be at fault, and that is not "absent".
    await assertRoot(call, error)
    if (errno === 'ELOOP') throw refuseSymlink(call)
    return undefined
  }
}

async function readOpened(
  call: Call,
  key: Key,
  fd: number,
  options: ReadOptions,
): Promise<{ readonly object: StoredObject; readonly keepsFile: boolean } | undefined> {
  const { disk } = call.root
  const stats = await disk.fstat(fd)
  if (stats.isDirectory()) return undefined
  if (!stats.isFile()) throw refuseSpecial(call)
  const stat = objectStat(key, stats)
  const { start, end } = admitRead(call, stat, options)
  if (end - start > SMALL_BYTES) return { object: openObject(call, stat, fd, start, end), keepsFile: true }
  const bytes = allocate(end - start)
  await readFully(call, disk, fd, bytes, start)
  return { object: smallObject(call, stat, bytes), keepsFile: false }
}

function admitRead(
  call: Call,
  stat: ObjectStat,
  { range, ifMatch, ifNoneMatch, maxBytes }: ReadOptions,
): { readonly start: number; readonly end: number } {
  if (ifMatch !== undefined && stat.etag !== ifMatch) {
    throw failure(call, 'PRECONDITION_FAILED', NOT_THE_VERSION)
  }
  if (stat.etag === ifNoneMatch) {
    throw failure(call, 'NOT_MODIFIED', 'the stored object is the version that ifNoneMatch names. Use the copy at hand')
  }
  const { start, end } = resolveRange(range, stat.size)
  if (maxBytes !== undefined && end - start > maxBytes) {
    throw failure(
      call,
      'TOO_LARGE',
      `${end - start} bytes are more than maxBytes (${maxBytes}). Raise it, or read a range`,
    )
  }
  return { start, end }
}
