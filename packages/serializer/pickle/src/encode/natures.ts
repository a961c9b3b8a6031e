import { platform } from '../platform.ts'

/** What an object with the prototype of a plain one, or none, is in truth; `undefined` when it is plain. */
export function natureOf(object: object): string | undefined {
  if (Array.isArray(object)) return 'an array'
  if (ArrayBuffer.isView(object)) return 'a typed array'
  if (Symbol.toStringTag in object) {
    const hidden = behindTag(object)
    if (hidden !== undefined) return hidden
  } else {
    const name = Object.prototype.toString.call(object).slice(8, -1)
    if (name !== 'Object') return name === 'Arguments' ? 'an arguments object' : `a ${name}`
  }
  const { types } = platform()
  if (types === undefined) return undefined
  if (types.isMap(object) || types.isSet(object)) return 'a Map or Set'
  if (types.isPromise(object)) return 'a Promise'
  if (types.isAnyArrayBuffer(object)) return 'an ArrayBuffer'
  if (types.isWeakMap(object) || types.isWeakSet(object)) return 'a WeakMap or WeakSet'
  return types.isGeneratorObject(object) ? 'a generator' : undefined
}

function behindTag(object: object): string | undefined {
  const { types } = platform()
  if (types === undefined) return undefined
  if (types.isArgumentsObject(object)) return 'an arguments object'
  if (types.isModuleNamespaceObject(object)) return 'the namespace of a module'
  if (types.isNativeError(object)) return 'an Error'
  if (types.isDate(object) || types.isRegExp(object)) return 'a Date or RegExp'
  return types.isBoxedPrimitive(object) ? 'a boxed primitive' : undefined
}
