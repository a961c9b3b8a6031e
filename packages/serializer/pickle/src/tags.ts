/** The CBOR tags of the graph (docs/spec/pickle-v1.md). Registered ones first, then our own. */
export const TAG = {
  /** Seconds since the epoch. */
  date: 1,
  positiveBigInt: 2,
  negativeBigInt: 3,
  stringReference: 25,
  shared: 28,
  reference: 29,
  uri: 32,
  stringNamespace: 256,
  set: 258,
  map: 259,
  selfDescribed: 55799,

  holes: 56400,
  utf16: 56401,
  nullPrototype: 56402,
  record: 56403,
  table: 56404,
  arrayInTable: 56405,
  properties: 56406,
  nonExtensible: 56407,
  sealed: 56408,
  frozen: 56409,
  error: 56410,
  boxed: 56411,
  regExp: 56412,
  symbol: 56413,
  temporal: 56414,
  instance: 56415,
  buffer: 56416,
  resizableBuffer: 56417,
  sharedBuffer: 56418,
  bufferOf: 56419,
  view: 56420,
  nodeBuffer: 56421,
  searchParams: 56422,
} as const

/** Bits before a property whose attributes are not those of an assignment. */
export const ATTRIBUTE = { notEnumerable: 1, notWritable: 2, notConfigurable: 4 } as const

/** RFC 8746 tags by the type they stand for, little-endian. A Uint8Array is a byte string without a tag. */
export const TYPED_ARRAY_TAGS: Readonly<Record<string, number>> = {
  Uint8ClampedArray: 68,
  Uint16Array: 69,
  Uint32Array: 70,
  BigUint64Array: 71,
  Int8Array: 72,
  Int16Array: 77,
  Int32Array: 78,
  BigInt64Array: 79,
  Float16Array: 84,
  Float32Array: 85,
  Float64Array: 86,
}

/** Objects with more members than this are always CBOR maps, and never a shape that others refer to. */
export const MAX_SHAPE_KEYS = 64

/** Backing buffers of at least so many bytes have a section of their own. */
export const SECTION_BYTES = 4096

/** A text that is parsed when it is read (of a URL, a regular expression) is not referred to when it has more code units. */
export const MAX_PARSED_REFERENCE = 256

/** How long a string must be to get the index `next` among the strings that can be referred to. */
export function minimumIndexedBytes(next: number): number {
  if (next < 24) return 3
  if (next < 256) return 4
  if (next < 65536) return 5
  return next < 4294967296 ? 7 : 11
}
