import type { BlobRequestConditions } from '@azure/storage-blob'
import type { WriteOptions } from '@resultkit/core'
import { type Asked, type Call, failure } from './failure.ts'
import { etagHeader, writeIdMetadata } from './version.ts'

/** One write, as far as its requests need it. */
export interface Write {
  readonly call: Call
  readonly name: string
  readonly asked: Asked
  readonly conditions: BlobRequestConditions
  readonly options: WriteOptions
}

/** A write with its conditions as headers. */
export function openWrite(call: Call, name: string, options: WriteOptions): Write {
  const { ifAbsent, ifMatch } = options
  const shared = { call, name, options }
  if (ifAbsent) return { ...shared, asked: 'ifAbsent', conditions: { ifNoneMatch: '*' } }
  if (ifMatch === undefined) return { ...shared, asked: undefined, conditions: {} }
  return { ...shared, asked: 'ifMatch', conditions: { ifMatch: etagHeader(ifMatch) } }
}

/** CONFIG when the body has another size than announced. */
export function checkSize({ call, options }: Write, size: number, complete: boolean): void {
  const announced = options.size
  if (announced === undefined || size === announced || (size < announced && !complete)) return
  const what = `the body has ${size > announced ? 'more' : 'fewer'} bytes than the ${announced} that were announced`
  throw failure(call, 'CONFIG', `${what}. Announce the right size, or none`)
}

/** What every request that publishes a blob says of it. */
export function publishing({ call, conditions, options }: Write): {
  readonly conditions: BlobRequestConditions
  readonly metadata: Record<string, string>
} {
  const { site } = call
  const { contentType, writeId } = options
  return {
    conditions,
    metadata: writeIdMetadata(writeId),
    ...(isMediaType(contentType) && { blobHTTPHeaders: { blobContentType: contentType } }),
    ...(site.accessTier !== undefined && { tier: site.accessTier }),
    ...(site.tags !== undefined && { tags: site.tags }),
    ...site.encryption,
    ...(call.signal && { abortSignal: call.signal }),
  }
}

/** Whether it can stand in a header; what cannot is bytes. */
function isMediaType(text: string | undefined): text is string {
  return text !== undefined && /^[\x21-\x7e][\x20-\x7e]*$/.test(text)
}
