import {
  type Codec,
  decodeHeader,
  equalBytes,
  isResultError,
  type Key,
  type RecordHeader,
  type ResultError,
  type ResultStorage,
  releaseObject,
  type StoredObject,
} from '@resultkit/core'
import { decryptError } from './decrypt-error.ts'
import { failure } from './failure.ts'
import type { KeyringParts } from './keyring-parts.ts'
import type { PayloadSettings } from './payload-settings.ts'

/** What one run works with. */
export interface RewrapJob {
  readonly mode: 'wrap' | 'full'
  readonly storage: ResultStorage
  /** The Result's `encrypt()`, with its settings and the parts of its keyring. */
  readonly codec: Codec
  readonly settings: PayloadSettings
  readonly ring: KeyringParts
  readonly signal: AbortSignal | undefined
}

/** The beginning of an object: its header line, and all that stands before the chunks. */
export interface RecordHead {
  readonly key: Key
  readonly line: Uint8Array
  readonly header: RecordHeader
  /** From the end of the header line on; not the whole payload. */
  readonly start: Uint8Array
  readonly size: number
  readonly etag: string
}

/** The longest header line, and behind it the longest envelope before the chunks. */
const HEAD_BYTES = 16_384
const NEWLINE = 10

/** Reads the beginning of an object; `undefined` when absent. DECRYPT when it is no record. */
export async function readHead({ storage, signal }: RewrapJob, key: Key): Promise<RecordHead | undefined> {
  const range = storage.capabilities.ranges ? { start: 0, end: HEAD_BYTES } : undefined
  const object = await storage.read(key, {
    range,
    ifMatch: undefined,
    ifNoneMatch: undefined,
    maxBytes: undefined,
    signal,
  })
  if (object === undefined) return undefined
  const bytes = range === undefined ? await firstBytes(object) : await object.bytes()
  const end = bytes.indexOf(NEWLINE) + 1
  const line = bytes.subarray(0, end)
  const { size, etag } = object.stat
  return { key, line, header: headerOf(line), start: bytes.subarray(end), size, etag }
}

async function firstBytes(object: StoredObject): Promise<Uint8Array> {
  const head = new Uint8Array(Math.min(HEAD_BYTES, object.stat.size))
  let filled = 0
  for await (const piece of object.stream()) {
    head.set(piece.subarray(0, head.byteLength - filled), filled)
    filled = Math.min(head.byteLength, filled + piece.byteLength)
    if (filled === head.byteLength) break
  }
  return head.subarray(0, filled)
}

/** With encryption, what is wrong with stored bytes is DECRYPT; a newer version is told as it is. */
function headerOf(line: Uint8Array): RecordHeader {
  try {
    return decodeHeader(line)
  } catch (error) {
    throw isResultError(error) && error.code === 'CORRUPT' ? decryptError() : error
  }
}

/** Reads the version that a head belongs to. PRECONDITION_FAILED when it is gone. */
export async function readVersion({ storage, signal }: RewrapJob, { key, etag }: RecordHead): Promise<StoredObject> {
  const ifMatch = storage.capabilities.readConditions ? etag : undefined
  const object = await storage.read(key, {
    range: undefined,
    ifMatch,
    ifNoneMatch: undefined,
    maxBytes: undefined,
    signal,
  })
  if (object?.stat.etag === etag) return object
  await releaseObject(object)
  throw replaced()
}

/** Whether a record's header line is still the one that its head had. */
export function checkLine({ line }: RecordHead, found: Uint8Array): void {
  if (!equalBytes(line, found)) throw replaced()
}

function replaced(): ResultError {
  return failure(
    'PRECONDITION_FAILED',
    'rewrap',
    'rewrap: the object was replaced while it was read. Run rewrap again.',
  )
}
