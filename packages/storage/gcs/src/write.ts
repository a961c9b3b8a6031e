import { type ByteSource, bufferedParts, type Key, type ObjectStat, sizeOf, type WriteOptions } from '@resultkit/core'
import { type Call, checkSignal } from './failure.ts'
import { uploadMultipart } from './multipart.ts'
import { generationOf, objectName, WRITE_ID } from './object.ts'
import { type Chunks, chunksOf, chunksOfStream, wrongSize } from './pieces.ts'
import { uploadResumable } from './resumable.ts'
import type { Service } from './service.ts'
import { conditionFailed, type Upload } from './upload.ts'

/**
 * `ResultStorage.write`: one POST for what fits into a chunk, a resumable session for what does not. Nothing is
 * visible before all of it has arrived.
 */
export async function writeObject(
  service: Service,
  key: Key,
  body: ByteSource,
  options: WriteOptions,
): Promise<ObjectStat> {
  const { settings } = service
  const { signal, size } = options
  const call: Call = { uri: settings.uri, operation: 'write', key, signal }
  checkSignal(call)
  const upload = prepare(service, call, key, options)
  const parts = bufferedParts(body)
  const total = parts === undefined ? size : sizeOf(parts)
  if (size !== undefined && total !== size) throw wrongSize(call, total ?? 0, size)
  const chunks =
    typeof body === 'function'
      ? chunksOfStream(call, body, settings.chunkSize, size)
      : chunksOf(parts ?? [], settings.chunkSize)
  try {
    return await send(upload, chunks, total)
  } finally {
    chunks.release()
  }
}

async function send(upload: Upload, chunks: Chunks, total: number | undefined): Promise<ObjectStat> {
  const first = await chunks.next()
  return first.last ? uploadMultipart(upload, first) : uploadResumable(upload, first, chunks, total)
}

function prepare(service: Service, call: Call, key: Key, options: WriteOptions): Upload {
  const { storageClass } = service.settings
  const { ifAbsent, ifMatch, contentType, writeId } = options
  const generation = ifMatch === undefined ? undefined : generationOf(ifMatch)
  if (ifMatch !== undefined && generation === undefined) throw conditionFailed(call, options)
  return {
    service,
    call,
    key,
    options,
    name: objectName(service, call, key),
    ifGenerationMatch: ifAbsent ? '0' : generation,
    metadata: { contentType: mediaType(contentType), storageClass, metadata: { [WRITE_ID]: writeId } },
  }
}

/** A media type that can stand in a header; what cannot is bytes. */
function mediaType(contentType: string | undefined): string {
  return contentType !== undefined && /^[\x21-\x7e][\x20-\x7e]*$/.test(contentType)
    ? contentType
    : 'application/octet-stream'
}
