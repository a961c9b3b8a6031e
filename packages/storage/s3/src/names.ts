import { type Key, parseKey, RESERVED_SEGMENT } from '@resultkit/core'
import type { Root } from './root.ts'

/** The object's name of a key: the prefix, a slash, and the key as it is. S3 keeps every name that UTF-8 can hold. */
export function objectName({ base }: Root, key: string): string {
  return base + key
}

/** The key of an object's name; `undefined` for names that no listed key can have made. */
export function keyOf({ base }: Root, name: string): Key | undefined {
  if (!name.startsWith(base)) return undefined
  const key = name.slice(base.length)
  if (key.startsWith(`${RESERVED_SEGMENT}/`)) return undefined
  try {
    return parseKey(key)
  } catch {
    return undefined
  }
}

/** A name in a listing that was asked for with `encoding-type=url`. */
export function decodeName(name: string, encoding: string | undefined): string {
  return encoding === 'url' ? decodeURIComponent(name.replaceAll('+', ' ')) : name
}

/** The ETag without its quotes, as it is given out. */
export function etagText(etag: string | undefined): string {
  return (etag ?? '').replace(/^"(.*)"$/, '$1')
}

/** The ETag as RFC 9110 has it in conditions. */
export function quotedEtag(etag: string): string {
  // What no header can hold names no object, and has to stay such.
  return `"${etagText(etag).replace(/[^\x20-\x7e]/g, '?')}"`
}

/** The name of the metadata that holds the writeId. */
const WRITE_ID = 'resultkit-write-id'

/** Metadata of a new object. */
export function writeIdMetadata(root: Root, writeId: string): Record<string, string> | undefined {
  return root.capabilities.writeId ? { [WRITE_ID]: encodeURIComponent(writeId) } : undefined
}

/** The writeId out of an object's metadata. */
export function writeIdOf(root: Root, metadata: Readonly<Record<string, string>> | undefined): string | undefined {
  const text = root.capabilities.writeId ? metadata?.[WRITE_ID] : undefined
  if (text === undefined) return undefined
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
