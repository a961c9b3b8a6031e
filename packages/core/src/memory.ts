import { bufferedParts, collectBytes, concatBytes, requireBytes, streamOf } from './bytes.ts'
import { type Clock, nowMs } from './clock.ts'
import { type ErrorPlace, type ResultError, type ResultErrorCode, resultError, throwIfAborted } from './errors.ts'
import { type Key, MAX_KEY_BYTES, RESERVED_SEGMENT } from './key.ts'
import { resolveRange } from './range.ts'
import type {
  ListOptions,
  ObjectEntry,
  ObjectStat,
  ReadOptions,
  ResultStorage,
  StorageCapabilities,
  StoredObject,
  WriteOptions,
} from './storage.ts'
import { underSignal } from './under-signal.ts'

/** Options of {@link memoryStorage}. */
export interface MemoryStorageOptions {
  /** Ends up in the uri, `memory://name`. @default a random UUID */
  readonly name?: string | undefined
  /** Gives `lastModified`. @default Date.now */
  readonly clock?: Clock | undefined
}

interface Stored {
  readonly bytes: Uint8Array
  readonly stat: ObjectStat
}

const RESERVED = `${RESERVED_SEGMENT}/`
const CAPABILITIES: StorageCapabilities = {
  ifAbsent: true,
  ifMatch: true,
  ifAbsentStream: true,
  ifMatchStream: true,
  deleteIfMatch: true,
  readConditions: true,
  list: true,
  ranges: true,
  nestedKeys: true,
  writeId: true,
  maxKeyBytes: MAX_KEY_BYTES,
}

/** A storage in this process's memory, for tests and for values that need not survive. Bytes are copied in and out. */
export function memoryStorage(options: MemoryStorageOptions = {}): ResultStorage {
  const { name = crypto.randomUUID(), clock = Date.now } = options
  const uri = `memory://${name}`
  const objects = new Map<string, Stored>()
  let version = 0
  const at = (key: Key): ErrorPlace => ({ key, storage: uri })

  const fail = (code: ResultErrorCode, operation: string, key: string, message: string): ResultError =>
    resultError(code, operation, message, { key, storage: uri })

  const matching = (operation: string, key: Key, ifMatch: string | undefined): Stored | undefined => {
    const found = objects.get(key)
    if (ifMatch === undefined || found?.stat.etag === ifMatch) return found
    const message = `${operation}: the object is not the one that ifMatch names.`
    throw fail('PRECONDITION_FAILED', operation, key, message)
  }

  return {
    uri,
    capabilities: CAPABILITIES,

    async read(
      key: Key,
      { range, ifMatch, ifNoneMatch, maxBytes, signal }: ReadOptions,
    ): Promise<StoredObject | undefined> {
      throwIfAborted('read', signal, at(key))
      if (!objects.has(key)) return undefined
      const found = matching('read', key, ifMatch)
      if (found === undefined) return undefined
      if (found.stat.etag === ifNoneMatch)
        throw fail('NOT_MODIFIED', 'read', key, 'read: the object is the one that ifNoneMatch names.')
      const { start, end } = resolveRange(range, found.bytes.byteLength)
      if (maxBytes !== undefined && end - start > maxBytes) {
        throw fail('TOO_LARGE', 'read', key, `read: ${end - start} bytes are more than maxBytes (${maxBytes}).`)
      }
      const copy = (): Uint8Array => found.bytes.slice(start, end)
      return {
        stat: found.stat,
        bytes: async () => {
          throwIfAborted('read', signal)
          return copy()
        },
        stream: () => chunks(copy(), signal),
      }
    },

    async write(key: Key, body, { ifAbsent, ifMatch, size, writeId, signal }: WriteOptions): Promise<ObjectStat> {
      throwIfAborted('write', signal, at(key))
      const parts = bufferedParts(body)
      const bytes = (parts ? concatBytes(parts) : await collectUnder(signal, streamOf(body))).slice()
      throwIfAborted('write', signal, at(key))
      if (size !== undefined && bytes.byteLength !== size) {
        throw fail('CONFIG', 'write', key, `write: the body has ${bytes.byteLength} bytes, not the ${size} announced.`)
      }
      if (ifAbsent && objects.has(key))
        throw fail(
          'ALREADY_EXISTS',
          'write',
          key,
          'write: there is an object already. Read it, or write without ifAbsent.',
        )
      matching('write', key, ifMatch)
      version += 1
      const stat = {
        key,
        size: bytes.byteLength,
        lastModified: new Date(nowMs(clock)),
        etag: `${version}`,
        writeId,
      }
      objects.set(key, { bytes, stat })
      return stat
    },

    async stat(key: Key, { signal }) {
      throwIfAborted('stat', signal, at(key))
      return objects.get(key)?.stat
    },

    async delete(key: Key, { ifMatch, signal }) {
      throwIfAborted('delete', signal, at(key))
      matching('delete', key, ifMatch)
      objects.delete(key)
    },

    async *list(prefix: string, { startAfter, signal }: ListOptions): AsyncGenerator<ObjectEntry> {
      throwIfAborted('list', signal)
      const keys = [...objects.keys()]
        .filter((key) => key.startsWith(prefix) && !key.startsWith(RESERVED))
        .sort(compareUtf8)
      for (const key of keys) {
        throwIfAborted('list', signal)
        if (startAfter !== undefined && compareUtf8(key, startAfter) <= 0) continue
        const found = objects.get(key)
        if (found === undefined) continue
        const { size, lastModified, etag } = found.stat
        yield { key, size, lastModified, etag }
      }
    },
  }
}

/** Reads a stream to its end, or until the signal fires, also while the stream stalls. */
async function collectUnder(signal: AbortSignal | undefined, stream: AsyncGenerator<Uint8Array>): Promise<Uint8Array> {
  async function* checked(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of stream) yield requireBytes(piece, 'write')
  }
  try {
    return await underSignal(signal, 'write', () => collectBytes(checked()))
  } catch (error) {
    // Not awaited: a stalled generator settles return() only after its next().
    stream.return(undefined).catch(() => {})
    throw error
  }
}

async function* chunks(
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const step = 64 * 1024
  for (let from = 0; from < bytes.byteLength; from += step) {
    throwIfAborted('read', signal)
    yield bytes.subarray(from, from + step)
  }
  throwIfAborted('read', signal)
}

/** Orders text as its UTF-8 bytes do: by code point, which differs from code units beyond U+D7FF. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    const surrogates = (x >= 0xd800 && x < 0xe000 ? 1 : 0) - (y >= 0xd800 && y < 0xe000 ? 1 : 0)
    return surrogates === 0 || x < 0xd800 || y < 0xd800 ? x - y : surrogates
  }
  return a.length - b.length
}
