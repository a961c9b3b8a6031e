import { isResultError, ResultError, type ValueSerializer } from '@resultkit/core'
import { checkValue, refusalMessage } from '@resultkit/core/value-check'
import { decoderOf, encoderOf } from './library.ts'
import { type CborOptions, modeOf, writtenOptions } from './options.ts'
import { MAX_SHARED, rulesOf } from './rules.ts'
import { scan } from './scan.ts'
import { MAX_LENGTH } from './scan-state.ts'

/**
 * CBOR (RFC 8949) by cbor-x, for values that other programs read. What CBOR or cbor-x would change or drop is refused
 * with SERIALIZE, naming every place and type and never a value. Without options there are registered tags alone, also
 * for Date, RegExp, Map, Set and typed arrays. Equal values give equal bytes.
 *
 * Bytes are examined before cbor-x reads them: DESERIALIZE for what is truncated, goes on after its end, has wrong
 * lengths, a name twice, `__proto__` or names that are not texts, ill-formed text, an unknown tag, or is nested too
 * deeply; TOO_LARGE beyond `maxBytes`. Unknown options are CONFIG.
 */
export function cbor(options: CborOptions = {}): ValueSerializer {
  const mode = modeOf(options)
  const rules = rulesOf(mode)
  const encode = encoderOf(mode)
  const decode = decoderOf(mode)
  return {
    kind: 'value',
    name: 'cbor',
    contentType: 'application/cbor',
    extension: 'cbor',
    options: writtenOptions(mode),
    serialize(value) {
      const check = checkValue(value, rules)
      if (check.total > 0) {
        const advice = 'Use another serializer such as pickle, or change the value.'
        throw serializeError(refusalMessage('cbor', check, advice), { issues: check.issues })
      }
      try {
        const bytes = encode(value)
        // Else which NaN is written would depend on where it was computed.
        if (check.hasNaN) scan(bytes, mode, 'one NaN')
        else if (isDoubtful(bytes)) scan(bytes, mode, 'as it is')
        return bytes
      } catch (cause) {
        throw serializeError('cbor cannot write the value: it is too large, or nested too deeply.', { cause })
      }
    },
    deserialize(bytes) {
      if (bytes.byteLength > mode.maxBytes) throw tooLarge(mode.maxBytes)
      const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      try {
        scan(plain, mode, 'as it is')
        return decode(plain)
      } catch (cause) {
        if (isResultError(cause)) throw cause
        const message = 'cbor: cbor-x cannot read the bytes. Another serializer wrote them, or they are damaged.'
        throw new ResultError({ code: 'DESERIALIZE', operation: 'deserialize', message, cause })
      }
    },
  }

  // The lists of names that records have are shared objects as well, and only the library knows how many.
  function isDoubtful({ byteLength }: Uint8Array): boolean {
    const hasSharedNames = mode.structuredClone && mode.useRecords && byteLength > 2 * MAX_SHARED
    return hasSharedNames || byteLength > MAX_LENGTH
  }
}

function serializeError(message: string, details: Pick<ResultError, 'issues'> | { cause: unknown }): ResultError {
  return new ResultError({ code: 'SERIALIZE', operation: 'serialize', message, ...details })
}

function tooLarge(maxBytes: number): ResultError {
  const message = `cbor: the payload has more than maxBytes (${maxBytes}) bytes. Raise it with cbor({ maxBytes }).`
  return new ResultError({ code: 'TOO_LARGE', operation: 'deserialize', message })
}
