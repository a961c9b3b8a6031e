import { type ResultError, type ResultIssue, resultError } from '../errors.ts'
import { decodeUtf8 } from '../utf8.ts'

/** The SERIALIZE error for a value that was refused. */
export function refused(message: string, cause?: unknown, issues?: readonly ResultIssue[]): ResultError {
  return resultError('SERIALIZE', 'serialize', message, { cause, issues })
}

/** Stored bytes as text; `where` names them. */
export function decodeText(where: string, bytes: Uint8Array): string {
  try {
    return decodeUtf8(bytes)
  } catch (cause) {
    throw undecodable(where, 'not UTF-8, or too long for one string', cause)
  }
}

/** The DESERIALIZE error for stored bytes; `where` names them. */
export function undecodable(where: string, problem: string, cause?: unknown): ResultError {
  const message = `${where}: ${problem}. Another serializer wrote them, or they are damaged.`
  return resultError('DESERIALIZE', 'deserialize', message, { cause })
}
