import { resultError } from './errors.ts'

/**
 * A half-open range of bytes with the meaning of `Array.prototype.slice`: `{start: 0, end: 10}` are the first ten,
 * `{start: -10}` the last ten. What lies beyond the end is left out, so a range beyond the end has no bytes.
 */
export interface ByteRange {
  /** First byte; negative counts from the end. */
  readonly start: number
  /** The byte after the last one. Not allowed with a negative start. @default the end */
  readonly end?: number | undefined
}

/** Checks a range: CONFIG unless it is made of safe integers, `end >= start`, and no `end` behind a negative start. */
export function parseRange(range: ByteRange, operation: string): ByteRange {
  const { start, end } = range
  const wrong =
    !Number.isSafeInteger(start) || (end !== undefined && (!Number.isSafeInteger(end) || start < 0 || end < start))
  if (!wrong) return range
  const message = `${operation} was given a range that is not {start, end?} in whole bytes with start <= end, or {start} below zero.`
  throw resultError('CONFIG', operation, message)
}

/** The range as offsets into an object of `size` bytes: `0 <= start <= end <= size`. */
export function resolveRange(range: ByteRange | undefined, size: number): { start: number; end: number } {
  if (range === undefined) return { start: 0, end: size }
  const start = range.start < 0 ? Math.max(0, size + range.start) : Math.min(range.start, size)
  return { start, end: Math.max(start, Math.min(range.end ?? size, size)) }
}
