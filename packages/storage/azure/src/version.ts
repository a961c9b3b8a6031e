import type { ObjectStat } from '@resultkit/core'
import { type Call, failure } from './failure.ts'

/** What an answer says of a blob. */
interface Facts {
  readonly etag?: string | undefined
  readonly lastModified?: Date | undefined
  readonly metadata?: Record<string, string> | undefined
}

/** Under this name the writeId is kept with a blob; names of metadata are C# identifiers, and case is lost on the way. */
const WRITE_ID = 'resultkitWriteId'

/** What a well-formed etag looks like: no quotes, blanks or controls within. */
const OPAQUE = /^[!#-~]+$/

/** The metadata of a write. */
export function writeIdMetadata(writeId: string): Record<string, string> {
  return { [WRITE_ID]: encodeURIComponent(writeId) }
}

/** The stat of the call's key. UNAVAILABLE when the answer lacks what Azure always says. */
export function objectStat(call: Call, size: number | undefined, facts: Facts, writeId?: string): ObjectStat {
  const { etag, lastModified, metadata } = facts
  if (etag === undefined || size === undefined) {
    const what = 'the answer has no etag or no length. See that nothing between here and Azure removes headers'
    throw failure(call, 'UNAVAILABLE', what)
  }
  return { key: call.key ?? '', size, lastModified, etag: quoted(etag), writeId: writeId ?? writeIdOf(metadata) }
}

/** Listings give etags without the quotes that they have everywhere else. */
export function quoted(etag: string): string {
  return etag.startsWith('"') ? etag : `"${etag}"`
}

/** An etag as a header. What cannot be one, such as `*`, becomes one that no blob has. */
export function etagHeader(etag: string): string {
  const bare = /^".*"$/s.test(etag) ? etag.slice(1, -1) : etag
  return OPAQUE.test(bare) && bare !== '*' ? `"${bare}"` : '"none"'
}

function writeIdOf(metadata: Record<string, string> | undefined): string | undefined {
  const name = Object.keys(metadata ?? {}).find((key) => key.toLowerCase() === WRITE_ID.toLowerCase())
  const value = name === undefined ? undefined : metadata?.[name]
  if (value === undefined) return undefined
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
