import type { BigIntStats, Dirent } from 'node:fs'
import { compareUtf8, type ListOptions, type ObjectEntry, RESERVED_SEGMENT } from '@resultkit/core'
import { errnoOf } from './disk.ts'
import { type Call, checkSignal, toResultError } from './failure.ts'
import { asKey, decodePrefix, decodeSegment, encodePath, SPLIT_MARK } from './key-path.ts'
import { assertRoot, parentsOf, walk } from './place.ts'
import type { Root } from './root.ts'
import { etagOf } from './version.ts'

/** How many files are looked at together. */
const BATCH = 64

/** A file, or a directory that has not been read yet. */
interface Node {
  /** The key of a file; what all keys in a directory start with. */
  readonly bound: string
  readonly path: string
  /** `undefined` for a file. */
  readonly inside: Inside | undefined
}

/** Where the names in a directory stand in a key. */
interface Inside {
  /** The segments before, each with its `/`. */
  readonly before: string
  /** The names of the directories that a long segment has gone through so far, each with its `/`. */
  readonly names: string
}

interface Wanted {
  readonly prefix: string
  readonly startAfter: string | undefined
}

/**
 * `ResultStorage.list`. Directories are read one at a time, when the order of keys comes to them, and only if they
 * can hold a key that is wanted.
 *
 * A directory `a` stands where `a/` does among its siblings. Nodes that were found and are not listed yet are kept
 * with the next one last.
 */
export async function* listObjects(
  root: Root,
  prefix: string,
  { startAfter, signal }: ListOptions,
): AsyncGenerator<ObjectEntry, void, undefined> {
  const call: Call = { root, operation: 'list', key: undefined, signal }
  const wanted = { prefix, startAfter }
  try {
    checkSignal(call)
    const pending = await entrance(call, prefix)
    while (pending.length > 0) {
      const files = takeFiles(pending)
      if (files.length === 0) {
        const directory = pending.pop()
        if (directory !== undefined) enqueue(pending, await expand(call, directory, wanted))
        continue
      }
      for (const entry of await describe(call, files)) {
        checkSignal(call)
        yield entry
      }
      await root.pace()
    }
    checkSignal(call)
  } catch (error) {
    throw toResultError(call, error)
  }
}

/** The directory to start from: the innermost one that all keys with the prefix are in. */
async function entrance(call: Call, prefix: string): Promise<Node[]> {
  const { base } = call.root
  const before = prefix.slice(0, prefix.lastIndexOf('/') + 1)
  if (before === '') return [{ bound: '', path: call.root.directory, inside: { before: '', names: '' } }]
  const above = before.slice(0, -1)
  if (asKey(above) === undefined) return []
  const relative = encodePath(above)
  const path = `${base}/${relative}`
  if ((await walk(call, [...parentsOf(base, relative), path])) !== 'there') return []
  return [{ bound: before, path, inside: { before, names: '' } }]
}

/** The nodes in a directory that may hold wanted keys, in order. Empty when it has vanished. */
async function expand(call: Call, directory: Node, wanted: Wanted): Promise<Node[]> {
  let entries: Dirent[]
  try {
    entries = await call.root.disk.readdir(directory.path)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno !== 'ENOENT' && errno !== 'ENOTDIR') throw error
    if (directory.bound === '') await assertRoot(call, error)
    return []
  }
  const nodes: Node[] = []
  for (const entry of entries) {
    const node = directory.inside && nodeOf(entry, directory.path, directory.inside)
    if (node !== undefined && isWanted(node, wanted)) nodes.push(node)
  }
  nodes.sort((a, b) => compareUtf8(a.bound, b.bound))
  // A directory that changes while it is read may give a name twice.
  return nodes.filter(({ path }, index) => path !== nodes[index - 1]?.path)
}

function nodeOf(entry: Dirent, above: string, { before, names }: Inside): Node | undefined {
  const { name } = entry
  const path = above.endsWith('/') ? above + name : `${above}/${name}`
  if (entry.isDirectory() && name.endsWith(SPLIT_MARK)) {
    const through = `${names}${name}/`
    const part = decodePrefix(through.replaceAll(`${SPLIT_MARK}/`, ''))
    return part === undefined ? undefined : { bound: before + part, path, inside: { before, names: through } }
  }
  const first = before === ''
  if (first && names === '' && name === RESERVED_SEGMENT) return undefined
  const segment = decodeSegment(names + name, first)
  if (segment === undefined) return undefined
  if (entry.isDirectory()) {
    const inside = { before: `${before}${segment}/`, names: '' }
    return { bound: inside.before, path, inside }
  }
  if (!entry.isFile()) return undefined
  const key = asKey(before + segment)
  return key === undefined ? undefined : { bound: key, path, inside: undefined }
}

function isWanted({ bound, inside }: Node, { prefix, startAfter }: Wanted): boolean {
  if (!bound.startsWith(prefix) && !(inside !== undefined && prefix.startsWith(bound))) return false
  if (startAfter === undefined || compareUtf8(bound, startAfter) > 0) return true
  return inside !== undefined && startAfter.startsWith(bound)
}

/** Puts the nodes of a directory before all others, except where a long segment's directory mixes with its siblings. */
function enqueue(pending: Node[], nodes: Node[]): void {
  const next = pending.at(-1)
  const last = nodes.at(-1)
  for (const node of nodes.reverse()) pending.push(node)
  if (next !== undefined && last !== undefined && compareUtf8(last.bound, next.bound) > 0)
    pending.sort((a, b) => compareUtf8(b.bound, a.bound))
}

function takeFiles(pending: Node[]): Node[] {
  const files: Node[] = []
  for (let node = pending.at(-1); node && !node.inside && files.length < BATCH; node = pending.at(-1)) {
    files.push(node)
    pending.pop()
  }
  return files
}

async function describe(call: Call, files: readonly Node[]): Promise<ObjectEntry[]> {
  const all = await Promise.all(files.map(({ path }) => lookAt(call, path)))
  const entries: ObjectEntry[] = []
  for (const [index, stats] of all.entries()) {
    const key = files[index]?.bound
    if (key === undefined || !stats?.isFile()) continue
    const lastModified = new Date(Number(stats.mtimeMs))
    entries.push({ key, size: Number(stats.size), lastModified, etag: etagOf(stats) })
  }
  return entries
}

async function lookAt(call: Call, path: string): Promise<BigIntStats | undefined> {
  try {
    return await call.root.disk.lstat(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}
