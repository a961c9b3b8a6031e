import { isResultError } from '@resultkit/core'
import { writeHeader } from '../src/container.ts'
import { crc32 } from '../src/crc32.ts'
import { pickle } from '../src/index.ts'

/** A container around any graph, with sound checksums: what a hostile writer would send. */
export function forged(graph: Uint8Array, classTable: Uint8Array = new Uint8Array()): Uint8Array {
  const start = 40 + classTable.length
  const bytes = new Uint8Array(start + graph.length)
  bytes.set(graph, start)
  const view = new DataView(bytes.buffer)
  writeHeader({ bytes, view }, 0, { classTable, sections: [], graphLength: graph.length, graphChecksum: crc32(graph) })
  return bytes
}

export const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/[^0-9a-f]/g, ''), 'hex'))
export const PREFIX = 'd9d9f7 d90100'
export const graph = (text: string): Uint8Array => forged(hex(PREFIX + text))
export const digits = (value: number, bytes: number): string => value.toString(16).padStart(2 * bytes, '0')
/** The shortest head of an item: its major type, shifted, and its argument. */
export function head(major: number, argument: number): string {
  if (argument < 24) return digits(major | argument, 1)
  if (argument < 0x100) return digits(major | 24, 1) + digits(argument, 1)
  if (argument < 0x10000) return digits(major | 25, 1) + digits(argument, 2)
  return digits(major | 26, 1) + digits(argument, 4)
}
export const array = (...items: readonly string[]): string => head(0x80, items.length) + items.join('')
export const text = (value: string): string => head(0x60, Buffer.byteLength(value)) + Buffer.from(value).toString('hex')
export const tag = (number: number): string => `d9${number.toString(16).padStart(4, '0')}`

export function codeOf(bytes: Uint8Array, options = {}): string {
  try {
    pickle(options).deserialize(bytes)
    return 'a value'
  } catch (error) {
    if (isResultError(error)) return error.code
    throw error
  }
}
