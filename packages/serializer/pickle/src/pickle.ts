import type { ResultIssue, ValueSerializer } from '@resultkit/core'
import { decode } from './decode/decode.ts'
import { encode, findIssues } from './encode/encode.ts'
import { malformed } from './failure.ts'
import { type PickleOptions, parseOptions } from './options.ts'

/** A serializer of values whose two directions are synchronous. */
export interface PickleSerializer extends ValueSerializer {
  /** One piece, or the graph and behind it one piece per large buffer. Errors: SERIALIZE, which names every place. */
  serialize(value: unknown): Uint8Array | readonly Uint8Array[]
  /** Errors: DESERIALIZE for unsound bytes, UNSUPPORTED for what this reader lacks, TOO_LARGE beyond its limits. */
  deserialize(bytes: Uint8Array): unknown
}

/**
 * The pickle-equivalent: any JavaScript value back exactly, or refused with every place in it that cannot be kept. The format is
 * docs/spec/pickle-v1.md: a small header, CBOR (RFC 8949), large buffers.
 *
 * Reading runs no code but that of the classes given, and looks up no other name. Errors: CONFIG for wrong options.
 */
export function pickle(options: PickleOptions = {}): PickleSerializer {
  const settings = parseOptions(options)
  return {
    kind: 'value',
    name: 'pickle',
    contentType: 'application/vnd.resultkit.pickle',
    extension: 'pickle',
    serialize: (value) => encode(value, settings),
    deserialize(bytes) {
      if (!ArrayBuffer.isView(bytes)) throw malformed('it is no Uint8Array')
      // Also when it is a Buffer, whose slice is no copy.
      return decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), settings)
    },
  }
}

/**
 * Every place in a value that {@link pickle} with these options would refuse, up to a thousand; empty when there is none. Classes'
 * `encode` functions are run. Errors: CONFIG.
 */
export function findUnpicklable(value: unknown, options: PickleOptions = {}): readonly ResultIssue[] {
  return findIssues(value, parseOptions(options))
}
