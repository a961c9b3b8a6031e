import { isResultError, ResultError, type ValueSerializer } from '@resultkit/core'
import { checkValue, refusalMessage } from '@resultkit/core/value-check'
import { decoderOf, encoderOf } from './library.ts'
import { type MsgpackOptions, modeOf, writtenOptions } from './options.ts'
import { rulesOf } from './rules.ts'
import { scan } from './scan.ts'

/**
 * MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md) by msgpackr, for values that other programs
 * read. What MessagePack or msgpackr would change or drop is refused with SERIALIZE, naming every place and type and
 * never a value. Without options any MessagePack implementation reads the bytes; `undefined` is extension 0, and a
 * BigInt a 64-bit integer. Equal values give equal bytes.
 *
 * Bytes are examined before msgpackr reads them: DESERIALIZE for what is truncated, goes on after its end, has wrong
 * lengths, a name twice, `__proto__` or names that are not texts, ill-formed text, an unknown extension, or is nested
 * too deeply; TOO_LARGE beyond `maxBytes`. Unknown and contradictory options are CONFIG.
 */
export function msgpack(options: MsgpackOptions = {}): ValueSerializer {
  const mode = modeOf(options)
  const rules = rulesOf(mode)
  const encode = encoderOf(mode)
  const decode = decoderOf(mode)
  return {
    kind: 'value',
    name: 'msgpack',
    contentType: 'application/vnd.msgpack',
    extension: 'msgpack',
    options: writtenOptions(mode),
    serialize(value) {
      const check = checkValue(value, rules)
      if (check.total > 0) {
        const advice = 'Use another serializer such as pickle, or change the value.'
        throw serializeError(refusalMessage('msgpack', check, advice), { issues: check.issues })
      }
      try {
        const bytes = encode(value)
        // Else which NaN is written would depend on where it was computed.
        if (check.hasNaN) scan(bytes, mode, 'one NaN')
        return bytes
      } catch (cause) {
        throw serializeError('msgpack cannot write the value: it is too large, or nested too deeply.', { cause })
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
        const message = 'msgpack: msgpackr cannot read the bytes. Another serializer wrote them, or they are damaged.'
        throw new ResultError({ code: 'DESERIALIZE', operation: 'deserialize', message, cause })
      }
    },
  }
}

function serializeError(message: string, details: Pick<ResultError, 'issues'> | { cause: unknown }): ResultError {
  return new ResultError({ code: 'SERIALIZE', operation: 'serialize', message, ...details })
}

function tooLarge(maxBytes: number): ResultError {
  const message = `msgpack: the payload has more than maxBytes (${maxBytes}) bytes. Raise it with msgpack({ maxBytes }).`
  return new ResultError({ code: 'TOO_LARGE', operation: 'deserialize', message })
}
