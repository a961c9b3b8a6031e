import { type JsonValue, ResultError } from '@resultkit/core'

/**
 * A loss that may be allowed by name, see `MsgpackOptions.lossy`: `undefined` is written as nil and read as null (but
 * refused as the key of a Map or the item of a Set), `negative-zero` writes -0 as 0, `shared` writes an object that is met
 * twice twice (cycles stay refused), `null-prototype` gives objects without a prototype the ordinary one, `buffer` reads
 * Node's Buffer as a Uint8Array, `last-index` sets the `lastIndex` of a RegExp to 0.
 */
export type MsgpackLoss = 'undefined' | 'negative-zero' | 'shared' | 'null-prototype' | 'buffer' | 'last-index'

/** Options of {@link msgpack}. */
export interface MsgpackOptions {
  /**
   * Writes objects of one shape as records, msgpackr's own extension: smaller and faster, Map is kept too, but other
   * implementations cannot read it. Each payload holds all it needs. @default false, or true with `structuredClone`
   */
  readonly useRecords?: boolean | undefined
  /**
   * Keeps Set, RegExp, typed arrays, ArrayBuffer, DataView, invalid dates and BigInts of more than 64 bits, by
   * extensions of msgpackr that other implementations cannot read. @default false, or true with `structuredClone`
   */
  readonly moreTypes?: boolean | undefined
  /** Keeps shared references and cycles; needs `useRecords` and `moreTypes`, and turns them on. @default false */
  readonly structuredClone?: boolean | undefined
  /**
   * How integers of 64 bits are read: as BigInt, which is how BigInts are written; or as numbers, for payloads of
   * programs that write large numbers so. With `number` one beyond 2^53 - 1 is DESERIALIZE, and BigInts are refused.
   * @default 'bigint'
   */
  readonly int64?: 'bigint' | 'number' | undefined
  /** Losses to allow. @default [] */
  readonly lossy?: readonly MsgpackLoss[] | undefined
  /** The largest payload that is read, in bytes; TOO_LARGE beyond. @default 1_073_741_824 (1 GiB) */
  readonly maxBytes?: number | undefined
  /** How many containers may be inside each other, in writing and reading. msgpackr recurses. @default 256 */
  readonly maxDepth?: number | undefined
  /** Whether byte arrays that are read are copies, or views that keep the payload in memory. @default 'copy' */
  readonly buffers?: 'copy' | 'view' | undefined
}

/** The options with nothing left out. */
export interface Mode {
  readonly useRecords: boolean
  readonly moreTypes: boolean
  readonly structuredClone: boolean
  readonly int64: 'bigint' | 'number'
  readonly lossy: ReadonlySet<MsgpackLoss>
  readonly maxBytes: number
  readonly maxDepth: number
  readonly buffers: 'copy' | 'view'
}

const LOSSES: readonly MsgpackLoss[] = [
  'undefined',
  'negative-zero',
  'shared',
  'null-prototype',
  'buffer',
  'last-index',
]

const KNOWN: readonly (keyof MsgpackOptions)[] = [
  'useRecords',
  'moreTypes',
  'structuredClone',
  'int64',
  'lossy',
  'maxBytes',
  'maxDepth',
  'buffers',
]

/** Checks the options and fills them in. CONFIG names the wrong one. */
export function modeOf(options: MsgpackOptions): Mode {
  const unknown = Object.keys(options).find((name) => !KNOWN.some((known) => known === name))
  if (unknown !== undefined) throw config(unknown, `is not one; there are ${KNOWN.join(', ')}`)
  const { structuredClone = false, useRecords = structuredClone, moreTypes = structuredClone } = options
  const { int64 = 'bigint', lossy = [], maxBytes = 2 ** 30, maxDepth = 256, buffers = 'copy' } = options
  const booleans = { structuredClone, useRecords, moreTypes }
  for (const [name, value] of Object.entries(booleans)) {
    if (typeof value !== 'boolean') throw config(name, 'must be true or false')
    if (structuredClone && !value) throw config(name, 'cannot be false with structuredClone')
  }
  if (int64 !== 'bigint' && int64 !== 'number') throw config('int64', "must be 'bigint' or 'number'")
  if (buffers !== 'copy' && buffers !== 'view') throw config('buffers', "must be 'copy' or 'view'")
  if (!(Array.isArray(lossy) && lossy.every((loss) => LOSSES.includes(loss))))
    throw config('lossy', `allows only ${LOSSES.join(', ')}`)
  if (structuredClone && lossy.includes('shared')) throw config('lossy', 'has no use for shared with structuredClone')
  if (!(typeof maxBytes === 'number' && maxBytes > 0)) throw config('maxBytes', 'must be a number of bytes above 0')
  if (!(typeof maxDepth === 'number' && maxDepth > 0)) throw config('maxDepth', 'must be a number above 0')
  return { ...booleans, int64, lossy: new Set(lossy), maxBytes, maxDepth, buffers }
}

function config(name: string, problem: string): ResultError {
  return new ResultError({ code: 'CONFIG', operation: 'msgpack', message: `msgpack: the option ${name} ${problem}.` })
}

/** What a reader must have configured alike, as it is written into records. */
export function writtenOptions(mode: Mode): Readonly<Record<string, JsonValue>> | undefined {
  const written: Record<string, JsonValue> = {}
  if (mode.useRecords) written['useRecords'] = true
  if (mode.moreTypes) written['moreTypes'] = true
  if (mode.structuredClone) written['structuredClone'] = true
  if (mode.int64 === 'number') written['int64'] = 'number'
  return Object.keys(written).length > 0 ? written : undefined
}
