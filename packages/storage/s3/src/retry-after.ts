/** What an answer asks to wait is not believed beyond a day. */
const MOST_MS = 24 * 60 * 60 * 1000

/**
 * The wait that `Retry-After` (RFC 9110, section 10.2.3) asks for, in milliseconds: seconds, or a date, which is held against the
 * answer's own. `undefined` for anything else, and for what has passed.
 */
export function retryAfterOf(text: unknown, date: unknown): number | undefined {
  if (typeof text !== 'string') return undefined
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : untilDate(text, typeof date === 'string' ? date : '')
  return ms > 0 ? Math.min(ms, MOST_MS) : undefined
}

/** NaN when it is none. */
function untilDate(text: string, date: string): number {
  const [until, now] = [text, date].map((each) => (/^\w+, .+ GMT$/.test(each) ? Date.parse(each) : Number.NaN))
  return (until ?? 0) - (now || Date.now())
}
