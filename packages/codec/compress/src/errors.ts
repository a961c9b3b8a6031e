import { ResultError } from '@resultkit/core'

/** CORRUPT: the payload is not what this codec writes. */
export function corrupt(codec: string, what: string, cause?: unknown): ResultError {
  const message = `read: the codec "${codec}" cannot decode the payload: ${what}. It was damaged, or something else wrote it.`
  return new ResultError({ code: 'CORRUPT', operation: 'read', message, cause })
}

/** TOO_LARGE: decoding stopped at the limit. */
export function tooLarge(codec: string, limit: number): ResultError {
  const message = `read: the codec "${codec}" stopped after ${limit} decoded bytes, the limit of maxBytes or maxDecodedBytes. If the result is really that large, raise the limit or read it as a stream.`
  return new ResultError({ code: 'TOO_LARGE', operation: 'read', message })
}

/** TOO_LARGE: what would be written could not be read again. */
export function tooLargeToRead(codec: string, limit: number): ResultError {
  const message = `write: the codec "${codec}" decodes at most ${limit} bytes at once, and the value has more. Nothing was written. Raise maxDecodedBytes, or write it as a stream.`
  return new ResultError({ code: 'TOO_LARGE', operation: 'write', message })
}

/** CONFIG for an option that is none. */
export function requireOptions(codec: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown === undefined) return
  const message = `${codec}: the option ${unknown} is not one; there are ${known.join(', ')}.`
  throw new ResultError({ code: 'CONFIG', operation: 'configure', message })
}

/** A whole number within bounds, or CONFIG. */
export function wholeNumber(
  codec: string,
  option: string,
  value: number | undefined,
  bounds: { readonly standard: number; readonly least: number; readonly most: number },
): number {
  const { standard, least, most } = bounds
  const given = value ?? standard
  if (Number.isSafeInteger(given) && given >= least && given <= most) return given
  const message = `${codec}: ${option} is a whole number from ${least} to ${most}.`
  throw new ResultError({ code: 'CONFIG', operation: 'configure', message })
}
