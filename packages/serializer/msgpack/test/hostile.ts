import { isResultError, type ValueSerializer } from '@resultkit/core'
import fc from 'fast-check'

/** Bytes from parts: numbers, texts as UTF-8, and other bytes. */
export function bytesOf(...parts: readonly (number | string | Uint8Array)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => {
      if (typeof part === 'number') return [part]
      return typeof part === 'string' ? [...new TextEncoder().encode(part)] : [...part]
    }),
  )
}

/** The same bytes many times. */
export function times(count: number, ...bytes: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: count * bytes.length }, (_, index) => bytes[index % bytes.length] ?? 0)
}

/** What reading gives: a value, or the message of the DESERIALIZE error; every other failure is thrown. */
export function readingOf(
  serializer: ValueSerializer,
  bytes: Uint8Array,
): { readonly value: unknown } | { readonly message: string } {
  try {
    return { value: serializer.deserialize(bytes) }
  } catch (error) {
    if (isResultError(error) && error.code === 'DESERIALIZE') return { message: error.message }
    throw error
  }
}

/** The byte before which a reading stopped: how much was looked at; 0 when it was all sound and the library refused. */
export function stopOf(reading: { readonly value: unknown } | { readonly message: string }): number {
  return 'message' in reading ? Number(/before byte (\d+)/.exec(reading.message)?.[1] ?? 0) : Number.POSITIVE_INFINITY
}

/** One change of a payload: a byte set, inserted or removed, or a part said twice. */
export const mutations: fc.Arbitrary<(bytes: Uint8Array) => Uint8Array> = fc
  .array(
    fc.record({
      kind: fc.constantFrom('set', 'insert', 'remove', 'repeat'),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      byte: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0xc7, 0xd4, 0xd6, 0xd8, 0xd9, 0xdd, 0xdf, 0xff)),
      size: fc.integer({ min: 1, max: 9 }),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((changes) => (bytes: Uint8Array) => {
    let list = [...bytes]
    for (const { kind, at, byte, size } of changes) {
      const index = Math.min(list.length - 1, Math.floor(at * list.length))
      if (kind === 'set') list[index] = byte
      else if (kind === 'insert') list.splice(index, 0, byte)
      else if (kind === 'remove') list.splice(index, size)
      else list = [...list.slice(0, index + size), ...list.slice(index)]
    }
    return Uint8Array.from(list)
  })
