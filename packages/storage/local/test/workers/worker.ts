import { once } from 'node:events'
import { type Key, parseKey, type ReadOptions, type WriteOptions } from '@resultkit/core'

export const WRITE: WriteOptions = {
  ifAbsent: false,
  ifMatch: undefined,
  contentType: undefined,
  size: undefined,
  writeId: 'worker',
  signal: undefined,
}
export const READ: ReadOptions = {
  range: undefined,
  ifMatch: undefined,
  ifNoneMatch: undefined,
  maxBytes: undefined,
  signal: undefined,
}
export const KEY: Key = parseKey('shared/value')

export function say(message: unknown): void {
  process.send?.(message)
}

/** Says `ready` and calls `answer` for every message, one after the other, until the parent disconnects. */
export async function serve(answer: (message: unknown) => Promise<unknown>): Promise<void> {
  process.on('message', async (message) => say(await answer(message)))
  say('ready')
  await once(process, 'disconnect')
}

/** A value that shows whether it is whole: its length, its number, and bytes that follow from both. */
export function makeValue(number: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size).fill((number * 31 + size) % 256)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, size)
  view.setUint32(4, number)
  return bytes
}

/** The number of a value; throws when the value is torn or mixed. */
export function checkValue(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const size = view.getUint32(0)
  const number = view.getUint32(4)
  const expected = makeValue(number, size)
  if (size !== bytes.byteLength || Buffer.compare(bytes, expected) !== 0) throw new Error('The value is torn.')
  return number
}

/** Sizes on both sides of the border between synchronous and other writes. */
export function someSize(): number {
  return 8 + Math.floor(Math.random() * (Math.random() < 0.7 ? 5_000 : 300_000))
}
