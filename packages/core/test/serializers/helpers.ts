import { isResultError, type ResultError, type ResultErrorCode } from '../../src/errors.ts'
import type { ValueSerializer } from '../../src/serializer.ts'

/** The ResultError that `action` throws or rejects with. */
export async function errorOf(action: () => unknown, code: ResultErrorCode): Promise<ResultError> {
  try {
    await action()
  } catch (error) {
    if (isResultError(error) && error.code === code) return error
    throw error
  }
  throw new Error(`expected ${code}`)
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function textOf(bytes: unknown): string {
  if (!(bytes instanceof Uint8Array)) throw new TypeError('expected one array of bytes')
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
}

export function roundTrip(serializer: ValueSerializer, value: unknown): unknown {
  return serializer.deserialize(bytesOf(textOf(serializer.serialize(value))))
}

export async function* chunksOf<T>(items: Iterable<T>): AsyncGenerator<T, void, undefined> {
  yield* items
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
