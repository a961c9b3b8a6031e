import { errorKinds } from '../error-kinds.ts'
import { platform } from '../platform.ts'
import { type Encoding, refuse } from './encoding.ts'
import { writeError } from './errors.ts'

const HINTS: Readonly<Record<string, string>> = {
  Promise: 'await it first',
  WeakMap: 'it cannot be listed',
  WeakSet: 'it cannot be listed',
  WeakRef: 'keep what it refers to',
  Blob: 'keep its arrayBuffer() and type',
  File: 'keep its arrayBuffer(), name and type',
  Headers: 'keep [...headers]',
  FormData: 'keep [...formData]',
  Request: 'keep its parts',
  Response: 'keep its status, headers and body as bytes',
  ReadableStream: 'read it first, or use a stream serializer',
  AbortSignal: 'it belongs to this process',
  Generator: 'collect it into an array',
  AsyncGenerator: 'collect it into an array',
  Proxy: 'keep what it stands for',
}

/** Refuses an object of a class that is not kept; a subclass of Error is written as that where its class may be lost. */
export function refuseObject(encoding: Encoding, object: object, prototype: object): void {
  if (encoding.settings.lossy.has('errorClass') && writeLessError(encoding, object, prototype)) return
  const name = className(object, prototype)
  const hint = HINTS[name]
  if (hint !== undefined && isBuiltIn(prototype)) {
    refuse(encoding, `${name}: ${hint}`)
    return
  }
  const more = isNativeError(object) ? ", or allow the loss of the class with lossy: ['errorClass']" : ''
  refuse(
    encoding,
    `instance of ${name}: give its class in pickle({ classes: [defineClass({ name, class, encode, decode })] })${more}`,
  )
}

function writeLessError(encoding: Encoding, error: object, prototype: object): boolean {
  if (!isNativeError(error)) return false
  const kinds = [...errorKinds().values()]
  for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const kind = kinds.find((candidate) => candidate.prototype === at)
    if (kind === undefined) continue
    writeError(encoding, error, kind.name, inheritedName(error, prototype))
    return true
  }
  return false
}

/** The name that the class gives to its errors, read without running code. */
function inheritedName(error: object, prototype: object): string {
  for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const name: unknown = Object.getOwnPropertyDescriptor(at, 'name')?.value
    if (typeof name !== 'string') continue
    if (errorKinds().get(name)?.prototype !== at) return name
    break
  }
  return className(error, prototype)
}

function isNativeError(object: object): boolean {
  const { types } = platform()
  return types === undefined ? object instanceof Error : types.isNativeError(object)
}

/** The name of the class, read without running code. */
function className(object: object, prototype: object): string {
  const made: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  const name: unknown = typeof made === 'function' ? Object.getOwnPropertyDescriptor(made, 'name')?.value : undefined
  if (typeof name === 'string' && name !== '' && name !== 'Object') return name
  const tag: unknown = Object.getOwnPropertyDescriptor(prototype, Symbol.toStringTag)?.value
  if (typeof tag === 'string' && tag !== '') return tag
  const parent = Object.getPrototypeOf(prototype) as object | null
  if (parent !== null && parent !== Object.prototype) return className(object, parent)
  return 'a class without a name'
}

function isBuiltIn(prototype: object): boolean {
  const made: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  const name = typeof made === 'function' ? made.name : ''
  return typeof made !== 'function' || (globalThis as unknown as Record<string, unknown>)[name] === made
}
