import type { BigIntStats } from 'node:fs'
import { type ByteSource, bufferedParts, type Key, type ObjectStat, sizeOf, type WriteOptions } from '@resultkit/core'
import { errnoOf, lacksHardLinks } from './disk.ts'
import { type Call, checkSignal, failure, guard, NOT_THE_VERSION } from './failure.ts'
import { makeParents, pruneParents, syncParents } from './folders.ts'
import { withLock } from './lock.ts'
import { type Found, locate, look, type Place, refuseSymlink, walk } from './place.ts'
import { type Pumped, pump, wrongSize } from './pump.ts'
import { ONE_CALL_BYTES, type Root } from './root.ts'
import { createTemporary, removeTemporary, type Temporary } from './temporary.ts'
import { writeParts } from './transfer.ts'
import { etagOf, objectStat, stampVersion } from './version.ts'

/** How often a write that others get in the way of is tried again at once. */
const MAX_ATTEMPTS = 64
/** What a rename or a link meets when directories come and go, or a key is taken, at the same time. */
const TRY_AGAIN = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'EEXIST', 'ENOTEMPTY'])

type Conditions = Pick<WriteOptions, 'ifAbsent' | 'ifMatch'>

/** `ResultStorage.write`. */
export async function writeObject(root: Root, key: Key, body: ByteSource, options: WriteOptions): Promise<ObjectStat> {
  const call: Call = { root, operation: 'write', key, signal: options.signal }
  const outcome = await guard(call, async () => {
    checkSignal(call)
    const place = locate(call, key)
    const unconditional = !options.ifAbsent && options.ifMatch === undefined
    // A rename tells what is wrong with a place as well; to look first is worth it where it saves reading a stream.
    const look = unconditional && typeof body !== 'function' ? lookAtParents : admit
    return await attempt(call, place, await look(call, place, options), body, options)
  })
  if ('thrown' in outcome) throw outcome.thrown
  return outcome
}

type Outcome<T> = T | { readonly thrown: unknown }

async function attempt(
  call: Call,
  place: Place,
  found: Found,
  body: ByteSource,
  options: WriteOptions,
): Promise<Outcome<ObjectStat>> {
  const temporary = await createTemporary(call)
  let published = false
  try {
    const prepared = await prepare(call, temporary, body, options.size)
    if ('thrown' in prepared) return prepared
    checkSignal(call)
    await publish(call, place, temporary, typeof body === 'function' ? undefined : found, options)
    published = true
    if (call.root.durability === 'full') await syncParents(call, place)
    return objectStat(call.key ?? '', prepared)
  } finally {
    if (!published) {
      await removeTemporary(call.root, temporary.path)
      await pruneParents(call, place)
    }
  }
}

/** Fills and closes the temporary. Closed before it appears: only then do network file systems report all failures. */
async function prepare(
  call: Call,
  temporary: Temporary,
  body: ByteSource,
  announced: number | undefined,
): Promise<Outcome<BigIntStats>> {
  const { disk, bulk, durability } = call.root
  const { fd } = temporary
  let outcome: Outcome<BigIntStats>
  try {
    const filled = await fill(call, temporary, body, announced)
    if ('thrown' in filled) return filled
    await stampVersion(disk, fd)
    if (durability !== 'none') await bulk.fsync(fd)
    outcome = await disk.fstat(fd)
  } finally {
    await disk.close(fd)
  }
  return outcome
}

async function fill(call: Call, { fd }: Temporary, body: ByteSource, announced: number | undefined): Promise<Pumped> {
  if (typeof body === 'function') return pump(call, fd, body, announced)
  const parts = bufferedParts(body) ?? []
  const size = sizeOf(parts)
  if (announced !== undefined && size !== announced)
    throw wrongSize(call, announced, size > announced ? 'more' : 'fewer')
  const { disk, bulk } = call.root
  await writeParts(call, size <= ONE_CALL_BYTES ? disk : bulk, fd, parts)
  return { size }
}

/** What is on the way to the place, for a write without conditions. A symlink at the place itself would be replaced. */
async function lookAtParents(call: Call, place: Place): Promise<Found> {
  const parents = place.parents.length === 0 ? 'there' : await walk(call, place.parents)
  if (parents === 'symlink') throw refuseSymlink(call)
  if (parents === 'blocked') throw blocked(call)
  return { is: 'absent', parents }
}

/** INVALID_KEY: `a/b` cannot be where `a` is. */
function blocked(call: Call): Error {
  return failure(call, 'INVALID_KEY', 'a parent of the key holds an object itself. Use another key')
}

/** What is at the place, if a write with these conditions may go there. */
async function admit(call: Call, place: Place, { ifAbsent, ifMatch }: Conditions): Promise<Found> {
  const found = await look(call, place)
  if (found.is === 'blocked') throw blocked(call)
  if (found.is === 'directory') {
    const what =
      'the key is not a file: a directory is there, with keys below it or empty. Use another key, or remove it'
    throw failure(call, 'INVALID_KEY', what)
  }
  if (ifAbsent && found.is === 'file') {
    throw failure(
      call,
      'ALREADY_EXISTS',
      'there is an object already, and it stays. Read it, or write without ifAbsent',
    )
  }
  if (ifMatch !== undefined) assertMatch(call, found, ifMatch)
  return found
}

/** PRECONDITION_FAILED unless the file that was found is this version. */
export function assertMatch(call: Call, found: Found, ifMatch: string): void {
  if (found.is === 'file' && etagOf(found.stats) === ifMatch) return
  throw failure(call, 'PRECONDITION_FAILED', NOT_THE_VERSION)
}

async function publish(
  call: Call,
  place: Place,
  temporary: Temporary,
  found: Found | undefined,
  options: WriteOptions,
): Promise<void> {
  if (options.ifMatch === undefined) return put(call, place, temporary, found, options)
  await withLock(call, () => put(call, place, temporary, undefined, options))
}

async function put(
  call: Call,
  place: Place,
  temporary: Temporary,
  known: Found | undefined,
  conditions: Conditions,
): Promise<void> {
  const { disk } = call.root
  let found = known
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    found ??= await admit(call, place, conditions)
    if (found.is === 'absent' && found.parents === 'missing') await makeParents(call, place)
    found = undefined
    checkSignal(call)
    try {
      if (conditions.ifAbsent) await linkInto(call, temporary, place)
      else await disk.rename(temporary.path, place.path)
      return
    } catch (error) {
      if (!TRY_AGAIN.has(errnoOf(error) ?? '')) throw error
    }
  }
  const what = 'others keep removing directories on the way to the key, or the temporary file. Try again'
  throw failure(call, 'UNAVAILABLE', what, { retryable: true })
}

async function linkInto(call: Call, temporary: Temporary, place: Place): Promise<void> {
  try {
    await call.root.disk.link(temporary.path, place.path)
  } catch (error) {
    if (!lacksHardLinks(error)) throw error
    const what = 'ifAbsent needs a file system with hard links. Write without it, or use another file system'
    throw failure(call, 'UNSUPPORTED', what, { cause: error })
  }
  await removeTemporary(call.root, temporary.path)
}
