import { isResultError } from '../errors.ts'
import type { Key } from '../key.ts'
import { decodeRecordStream } from '../record/record.ts'
import { decodeTrailer, type RecordTrailer, TRAILER_BYTES } from '../record/trailer.ts'
import { type ResultStorage, releaseObject, type StoredObject } from '../storage.ts'

/** What the stored bytes of one object say about themselves. */
export type Inspection =
  | { readonly outcome: 'intact' }
  /** Nothing to hold the bytes against. */
  | { readonly outcome: 'unverified' }
  | {
      readonly outcome: 'corrupt'
      readonly problem: string
      readonly expected: RecordTrailer | undefined
      readonly actual: RecordTrailer | undefined
    }

const RECORD_START = new TextEncoder().encode('{"resultkit":')

/** Reads an object to its end, in constant memory. Errors: the storage's. */
export async function inspect(
  storage: ResultStorage,
  object: StoredObject,
  signal: AbortSignal | undefined,
): Promise<Inspection> {
  const start = new Uint8Array(RECORD_START.length)
  try {
    const { payload } = await decodeRecordStream(remembering(object.stream(), start))
    for await (const _ of payload);
    return { outcome: 'intact' }
  } catch (error) {
    if (!isResultError(error)) throw error
    // A later version keeps its digests where only a later version looks for them.
    if (error.code === 'UNSUPPORTED') return { outcome: 'unverified' }
    if (error.code !== 'CORRUPT') throw error
    const isRecord = RECORD_START.every((byte, at) => byte === start[at])
    if (!isRecord && !(await endsWithTrailer(storage, object, signal))) return { outcome: 'unverified' }
    const { expected, actual } = (error.cause ?? {}) as { readonly [side: string]: RecordTrailer | undefined }
    return { outcome: 'corrupt', problem: error.message, expected, actual }
  }
}

/** Passes bytes on and keeps the first ones. */
async function* remembering(bytes: AsyncIterable<Uint8Array>, start: Uint8Array): AsyncGenerator<Uint8Array> {
  let at = 0
  for await (const piece of bytes) {
    const kept = piece.subarray(0, start.length - at)
    start.set(kept, at)
    at += kept.length
    yield piece
  }
}

async function endsWithTrailer(
  storage: ResultStorage,
  { stat }: StoredObject,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (!storage.capabilities.ranges || stat.size < TRAILER_BYTES) return false
  const range = { start: stat.size - TRAILER_BYTES, end: stat.size }
  const options = { range, ifMatch: undefined, ifNoneMatch: undefined, maxBytes: undefined, signal }
  const end = await storage.read(stat.key as Key, options)
  if (end?.stat.etag !== stat.etag) {
    await releaseObject(end)
    return false
  }
  try {
    decodeTrailer(await end.bytes())
    return true
  } catch (error) {
    if (isResultError(error) && error.code === 'CORRUPT') return false
    throw error
  }
}
