import { isResultError, ResultError } from '../errors.ts'
import { type Key, MAX_KEY_BYTES, reservedKey } from '../key.ts'
import { type ObjectStat, type ResultStorage, releaseObject } from '../storage.ts'

/**
 * Moves an object to a key below `.resultkit/quarantine/`, byte for byte and in constant memory; the old place is emptied
 * after the copy was published. `undefined` when another version was written meanwhile, which stays.
 * Errors: the storage's.
 */
export async function quarantine(
  storage: ResultStorage,
  { key, etag, size }: ObjectStat,
  signal: AbortSignal | undefined,
): Promise<Key | undefined> {
  const options = { range: undefined, ifMatch: undefined, ifNoneMatch: undefined, maxBytes: undefined, signal }
  const place = quarantineKey(storage, key)
  // Asked again by a retry, it reads again.
  async function* bytes(): AsyncGenerator<Uint8Array> {
    const object = await storage.read(key as Key, options)
    if (object?.stat.etag !== etag) {
      await releaseObject(object)
      throw replaced()
    }
    yield* object.stream()
  }
  try {
    await storage.write(place, bytes, {
      ifAbsent: false,
      ifMatch: undefined,
      contentType: 'application/octet-stream',
      size,
      writeId: crypto.randomUUID(),
      signal,
    })
    await storage.delete(key as Key, { ifMatch: etag, signal })
    return place
  } catch (error) {
    if (!isResultError(error) || error.code !== 'PRECONDITION_FAILED') throw error
    await storage.delete(place, { ifMatch: undefined, signal })
    return undefined
  }
}

/** Readable where there is room, of one segment, and never that of an earlier quarantine. */
function quarantineKey({ capabilities }: ResultStorage, key: string): Key {
  const unique = crypto.randomUUID()
  const named = `quarantine/${encodeURIComponent(key)}~${unique}`
  const room = Math.min(capabilities.maxKeyBytes, MAX_KEY_BYTES) - '.resultkit/'.length
  return reservedKey(named.length <= room ? named : `quarantine/${unique}`)
}

function replaced(): ResultError {
  return new ResultError({
    code: 'PRECONDITION_FAILED',
    operation: 'scrub',
    message: 'scrub: another version was written while this one was being moved.',
  })
}
