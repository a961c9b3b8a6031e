/** A built-in type of objects, beside plain objects and arrays, that a serializer may be able to keep. */
export type BuiltInType =
  | 'Date'
  | 'RegExp'
  | 'Map'
  | 'Set'
  | 'ArrayBuffer'
  | 'DataView'
  | 'Int8Array'
  | 'Uint8Array'
  | 'Uint8ClampedArray'
  | 'Int16Array'
  | 'Uint16Array'
  | 'Int32Array'
  | 'Uint32Array'
  | 'Float32Array'
  | 'Float64Array'
  | 'BigInt64Array'
  | 'BigUint64Array'

/**
 * What a serializer keeps exactly, or is allowed to lose. Plain objects, arrays, well-formed texts, finite and other
 * numbers, booleans and null always pass; what is not named here is refused.
 */
export interface ValueRules {
  /** The types of objects that pass, as themselves: subclasses are refused. */
  readonly types: ReadonlySet<BuiltInType>
  /** Whether -0 passes. */
  readonly negativeZero: boolean
  /** Whether `undefined` passes: in every place, or as `values` alone, neither the key of a Map nor the item of a Set. */
  readonly undefined: boolean | 'values'
  /** Whether objects without a prototype pass. */
  readonly nullPrototype: boolean
  /** Whether a RegExp passes whose `lastIndex` is not 0. */
  readonly lastIndex: boolean
  /**
   * An object that is met again: `refused`; `kept` with its identity, cycles included; or `copied`, which allows
   * everything but cycles. It also stands for two views of one ArrayBuffer, which pass when they are `copied` alone, or are slices of a pool.
   */
  readonly shared: 'refused' | 'kept' | 'copied'
  /** With `shared: 'kept'`, whether a Map or Set may contain itself. */
  readonly collectionCycles: boolean
  /** With `shared: 'kept'`, how many objects may be met more than once. */
  readonly maxShared: number
  /** How many containers may be inside each other. */
  readonly maxDepth: number
  /** What is wrong with a text that is well-formed; also asked about keys. */
  text(text: string): string | undefined
  /** What is wrong with the name of a property. */
  key(name: string): string | undefined
  /** What is wrong with a bigint. */
  bigint(value: bigint): string | undefined
  /** What is wrong with a Date, by its time value: an integer, or NaN for an invalid one. */
  date(time: number): string | undefined
  /** Whether views of this buffer are slices that know nothing of each other, and pass if they do not overlap. */
  isPool(buffer: ArrayBufferLike): boolean
  /** Whether an object of another type passes, as a whole; of a view, the memory and extra properties are looked at. */
  other(value: object): boolean
  /** What to do about a refused type, such as an option that keeps it. */
  hint(type: string): string | undefined
}
