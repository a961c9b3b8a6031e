import {
  ResultError as CoreError,
  formatPath,
  type IssuePath,
  type ResultError,
  type ResultErrorCode,
  type ResultIssue,
} from '@resultkit/core'

const MAX_SHOWN = 10

/** CONFIG: wrong options or class definitions. */
export function configError(message: string): ResultError {
  return new CoreError({ code: 'CONFIG', operation: 'configure', message })
}

/** DESERIALIZE: the bytes are not what pickle wrote. */
export function malformed(what: string, cause?: unknown): ResultError {
  const message = `The bytes are no sound pickle: ${what}. They were damaged, cut, or not written by pickle.`
  return decodeError('DESERIALIZE', message, cause)
}

/** TOO_LARGE is a limit of the reader; UNSUPPORTED is something that the reader lacks. */
export function decodeError(code: ResultErrorCode, message: string, cause?: unknown): ResultError {
  return new CoreError({ code, operation: 'deserialize', message, cause })
}

/** SERIALIZE, with every place that was refused. */
export function refusal(issues: readonly ResultIssue[], total: number, cause: unknown): ResultError {
  const places = issues.slice(0, MAX_SHOWN).map(({ path, message }) => `${shortened(path)}: ${message}`)
  if (total > MAX_SHOWN) places.push(`and ${total - MAX_SHOWN} more (see error.issues)`)
  const count = total === 1 ? '1 value' : `${total} values`
  const message = `pickle cannot keep ${count} exactly: ${places.join('; ')}. Nothing was written.`
  return new CoreError({ code: 'SERIALIZE', operation: 'serialize', message, cause, issues })
}

const SHOWN_STEPS = 20

/** A path as one line; of a long one beginning and end. */
function shortened(path: IssuePath): string {
  if (path.length <= 2 * SHOWN_STEPS) return formatPath(path)
  return `${formatPath(path.slice(0, SHOWN_STEPS))}[... ${path.length - 2 * SHOWN_STEPS} more]${formatPath(path.slice(-SHOWN_STEPS), '')}`
}
