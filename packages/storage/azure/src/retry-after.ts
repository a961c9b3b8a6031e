/** What an answer asks to wait is not believed beyond a day. */
const MOST_MS = 24 * 60 * 60 * 1000

/** The headers of an answer. */
interface Headers {
  get(name: string): string | undefined
}

/** The wait that an answer asks for, in milliseconds: Azure's own headers, which are exact, before `Retry-After`. */
export function retryAfterIn(error: unknown): number | undefined {
  const { response } = (error ?? {}) as { response?: { headers?: Partial<Headers> } }
  const header = (name: string): string | undefined => response?.headers?.get?.(name)
  const exact = header('retry-after-ms') ?? header('x-ms-retry-after-ms')
  if (exact !== undefined && /^\d+$/.test(exact)) return Math.min(Number(exact), MOST_MS) || undefined
  return retryAfterOf(header('retry-after'), header('date'))
}

/**
 * The wait that `Retry-After` (RFC 9110, section 10.2.3) asks for, in milliseconds: seconds, or a date, which is held against the
 * answer's own. `undefined` for anything else, and for what has passed.
 */
function retryAfterOf(text: string | undefined, date = ''): number | undefined {
  if (text === undefined) return undefined
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : untilDate(text, date)
  return ms > 0 ? Math.min(ms, MOST_MS) : undefined
}

/** NaN when it is none. */
function untilDate(text: string, date: string): number {
  const [until, now] = [text, date].map((each) => (/^\w+, .+ GMT$/.test(each) ? Date.parse(each) : Number.NaN))
  return (until ?? 0) - (now || Date.now())
}
