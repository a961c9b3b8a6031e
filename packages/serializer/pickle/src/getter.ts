/** The function of an accessor that the language defines: what an object has of its own does not shadow it. */
export function getter(prototype: object, name: PropertyKey): Getter {
  const known = getters.get(prototype)?.get(name)
  if (known !== undefined) return known
  const get = Object.getOwnPropertyDescriptor(prototype, name)?.get
  if (get === undefined) throw new TypeError(`There is no getter ${String(name)}.`)
  getters.set(prototype, (getters.get(prototype) ?? new Map<PropertyKey, Getter>()).set(name, get))
  return get
}

type Getter = (this: unknown) => unknown
const getters = new Map<object, Map<PropertyKey, Getter>>()

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object

/** Where the accessors of a view are. */
export function viewPrototype(view: ArrayBufferView): object {
  return isDataView(view) ? DataView.prototype : typedArray
}

/** Whether a view is a DataView, of whatever realm. */
export function isDataView(view: ArrayBufferView): boolean {
  return getter(typedArray, Symbol.toStringTag).call(view) === undefined
}

/** The buffer of a view. */
export function bufferShown(view: ArrayBufferView): ArrayBufferLike {
  return getter(viewPrototype(view), 'buffer').call(view) as ArrayBufferLike
}
