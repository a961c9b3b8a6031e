import { isErrorSlot } from '../error-kinds.ts'
import { getter } from '../getter.ts'
import { ATTRIBUTE, TAG } from '../tags.ts'
import { writeHead, writeTag } from '../writer.ts'
import { type Encoding, FRAME, push } from './encoding.ts'
import { integrityOf, readProperties, writeIntegrity } from './properties.ts'
import { writeString } from './strings.ts'

/**
 * An error: its kind, then all its own properties in order. `name` is the one to give it, where its class is lost.
 */
export function writeError(encoding: Encoding, error: object, kind: string, name: string | undefined): void {
  const pairs = [...errorProperties(encoding, error)]
  if (name !== undefined && !Object.hasOwn(error, 'name')) pairs.push(ATTRIBUTE.notEnumerable, 'name', name)
  begin(encoding, kind, pairs, [])
}

/** A DOMException: message and name are not properties of its own. */
export function writeDomException(encoding: Encoding, error: object): void {
  const { prototype } = DOMException
  const slots = ['message', 'name'].map((name) => getter(prototype, name).call(error) as string)
  begin(encoding, 'DOMException', errorProperties(encoding, error), slots)
}

function begin(encoding: Encoding, kind: string, pairs: readonly unknown[], slots: readonly string[]): void {
  const { writer, strings } = encoding
  writeTag(writer, TAG.error)
  writeHead(writer, 0x80, 1 + slots.length + pairs.length)
  for (const text of [kind, ...slots]) writeString(strings, writer, text)
  if (pairs.length > 0) push(encoding, FRAME.pairs, pairs)
}

function errorProperties(encoding: Encoding, error: object): readonly unknown[] {
  const level = integrityOf(error)
  writeIntegrity(encoding, level)
  const pairs: unknown[] = []
  const keys = Reflect.ownKeys(error)
  // Engines make the text of a stack when it is first read, out of the message.
  const mayRead = keys.every((key) => key === 'stack' || Object.getOwnPropertyDescriptor(error, key)?.get === undefined)
  for (const key of keys) {
    if (key === 'stack' && encoding.settings.lossy.has('stack')) continue
    const stack = key === 'stack' && mayRead ? nativeStack(error, level) : undefined
    if (stack !== undefined) pairs.push(key, stack)
    else pairs.push(...readProperties(encoding, error, [key], level, isErrorSlot).pairs)
  }
  return pairs
}

/** The stack where the engine keeps it behind an accessor of its own. */
function nativeStack(error: object, level: number): unknown {
  const descriptor = Object.getOwnPropertyDescriptor(error, 'stack')
  const get = descriptor?.get
  if (get === undefined || descriptor?.enumerable || !isNative(get)) return undefined
  if (descriptor?.configurable === false && level < 2) return undefined
  return Reflect.apply(get, error, [])
}

// A bound function looks native too; of another realm only the look is known.
function isNative(code: object): boolean {
  if (Object.getPrototypeOf(code) === Function.prototype) return code === stackGetter()
  return /\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(code))
}

let ownGetter: object | undefined

function stackGetter(): object | undefined {
  ownGetter ??= Object.getOwnPropertyDescriptor(new Error(), 'stack')?.get
  return ownGetter
}
