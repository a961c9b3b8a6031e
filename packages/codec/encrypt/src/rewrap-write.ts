import {
  type ByteSource,
  type CodecContext,
  concatBytes,
  decodeRecord,
  decodeRecordStream,
  encodeRecord,
  encodeRecordStream,
  isResultError,
} from '@resultkit/core'
import { decryptError } from './decrypt-error.ts'
import { PREFIX_BYTES } from './envelope.ts'
import { prefixReader } from './prefix-reader.ts'
import { checkLine, type RecordHead, type RewrapJob, readVersion } from './rewrap-head.ts'
import { supersedingLine } from './rewrap-line.ts'
import { type OpenedEnvelope, replaceSlots } from './rewrap-open.ts'
import { encodeSlots } from './slots.ts'

const RECORD_TYPE = 'application/vnd.resultkit.record'
/** Up to this many bytes an object is rewritten in memory. */
const BUFFERED_BYTES = 4 * 1024 * 1024
const MAX_SUPERSEDED = 32

/** What becomes of a record: its new header line, and its payload changed on the way. */
interface Rewriting {
  readonly line: Uint8Array
  payload(stored: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>
  readonly size: number | undefined
}

/** Replaces the version that a head belongs to. PRECONDITION_FAILED when another one is there. */
export async function writeRewrapped(job: RewrapJob, head: RecordHead, opened: OpenedEnvelope): Promise<void> {
  const { storage, signal } = job
  const rewriting = job.mode === 'wrap' ? await wrapping(job, head, opened) : encryptingAnew(job, head)
  const streams = storage.capabilities.ifMatchStream && head.size > BUFFERED_BYTES
  const body: ByteSource = streams ? () => passOver(job, head, rewriting) : await rewriteWhole(job, head, rewriting)
  await storage.write(head.key, body, {
    ifAbsent: false,
    ifMatch: head.etag,
    contentType: RECORD_TYPE,
    size: streams ? rewriting.size : undefined,
    writeId: crypto.randomUUID(),
    signal,
  })
}

async function wrapping(
  job: RewrapJob,
  head: RecordHead,
  { inputKey, slotsBytes }: OpenedEnvelope,
): Promise<Rewriting> {
  const { settings, ring, signal } = job
  const context = { namespace: settings.namespace, key: head.key }
  const slot = await ring.primary.does.wrap?.(inputKey, context, signal)
  const slots = encodeSlots(slot === undefined ? [] : [slot])
  return {
    line: head.line,
    size: head.size + slots.byteLength - slotsBytes,
    async *payload(stored) {
      const reader = prefixReader(stored)
      try {
        const prefix = await reader.take(PREFIX_BYTES + slotsBytes)
        yield* replaceSlots(prefix, slots)
        for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) yield piece
      } finally {
        await reader.release()
      }
    },
  }
}

function encryptingAnew({ codec, signal }: RewrapJob, { key, line, header, start }: RecordHead): Rewriting {
  const pin = codec.pin(start.subarray(0, 8192))
  if (pin === undefined) throw decryptError()
  const superseded = Array.from(pin, (byte) => byte.toString(16).padStart(2, '0')).join('')
  const supersedes = [superseded, ...header.supersedes].slice(0, MAX_SUPERSEDED)
  const newLine = supersedingLine(line, supersedes)
  const contextOf = (headerLine: Uint8Array): CodecContext => ({ key, header: headerLine, signal, report: () => {} })
  return {
    line: newLine,
    size: undefined,
    payload: (stored) => codec.encodeStream(codec.decodeStream(stored, contextOf(line)), contextOf(newLine)),
  }
}

async function rewriteWhole(job: RewrapJob, head: RecordHead, rewriting: Rewriting): Promise<readonly Uint8Array[]> {
  const bytes = await (await readVersion(job, head)).bytes()
  const { line, payload } = asDecrypt(() => decodeRecord(bytes))
  checkLine(head, line)
  const pieces: Uint8Array[] = []
  for await (const piece of rewriting.payload(oneOf(payload))) pieces.push(piece)
  return encodeRecord(rewriting.line, [concatBytes(pieces)]).parts
}

/** One pass over the stored version; a storage that is asked again starts another one, with its own random salt. */
async function* passOver(job: RewrapJob, head: RecordHead, rewriting: Rewriting): AsyncGenerator<Uint8Array> {
  const object = await readVersion(job, head)
  const { line, payload } = await decodeRecordStream(object.stream())
  const iterator = payload[Symbol.asyncIterator]()
  try {
    checkLine(head, line)
    yield* encodeRecordStream(rewriting.line, rewriting.payload({ [Symbol.asyncIterator]: () => iterator }), () => {})
  } catch (error) {
    throw isCorrupt(error) ? decryptError() : error
  } finally {
    await iterator.return?.()
  }
}

async function* oneOf(payload: Uint8Array): AsyncGenerator<Uint8Array> {
  yield payload
}

function asDecrypt<R>(run: () => R): R {
  try {
    return run()
  } catch (error) {
    throw isCorrupt(error) ? decryptError() : error
  }
}

function isCorrupt(error: unknown): boolean {
  return isResultError(error) && error.code === 'CORRUPT'
}
