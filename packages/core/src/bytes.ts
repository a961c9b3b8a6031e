import { resultError } from './errors.ts'

/**
 * Bytes to be written: one array, several that follow each other, or a function that starts a fresh pass over a
 * stream. It is a function so that a retry can replay it.
 */
export type ByteSource = Uint8Array | readonly Uint8Array[] | (() => AsyncIterable<Uint8Array>)

/** Whether this is one array of bytes; unlike `instanceof`, also when it was made in another realm. */
export function isBytes(source: Uint8Array | readonly Uint8Array[]): source is Uint8Array {
  return ArrayBuffer.isView(source)
}

/** A piece of a stream as its bytes, or CONFIG: what a body says is a piece need not be one. */
export function requireBytes(piece: Uint8Array, operation: string): Uint8Array {
  if (ArrayBuffer.isView(piece) && piece.BYTES_PER_ELEMENT === 1) return piece
  const message = `${operation}: a serializer, codec or stream gave something that is not a Uint8Array.`
  throw resultError('CONFIG', operation, message)
}

/** The number of bytes of a source that is not a stream. */
export function sizeOf(parts: readonly Uint8Array[]): number {
  let size = 0
  for (const part of parts) size += part.byteLength
  return size
}

/** One array out of several; a single one is returned as it is, not copied. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts
  if (parts.length === 1 && first !== undefined) return first
  const all = new Uint8Array(sizeOf(parts))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.byteLength
  }
  return all
}

/** Reads a stream to its end. */
export async function collectBytes(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part)
  return concatBytes(parts)
}

/** The source as arrays, or `undefined` when it is a stream. */
export function bufferedParts(source: ByteSource): readonly Uint8Array[] | undefined {
  if (typeof source === 'function') return undefined
  return isBytes(source) ? [source] : source
}

/** The source as a stream. */
export async function* streamOf(source: ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
  if (typeof source === 'function') yield* source()
  else yield* isBytes(source) ? [source] : source
}

/** Whether two arrays hold the same bytes. Not constant time. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((byte, index) => byte === b[index])
}

/** These bytes in memory that holds nothing else. */
export function ownMemory(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)
}
