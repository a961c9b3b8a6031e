import { type ResultError, type ResultIssue, resultError } from '../errors.ts'

/** The SERIALIZE error for a value that was refused. */
export function refused(message: string, cause?: unknown, issues?: readonly ResultIssue[]): ResultError {
  return resultError('SERIALIZE', 'serialize', message, { cause, issues })
}

/** The DESERIALIZE error for stored bytes; `where` names them. */
export function undecodable(where: string, problem: string, cause?: unknown): ResultError {
  const message = `${where}: ${problem}. Another serializer wrote it, or it is damaged.`
  return resultError('DESERIALIZE', 'deserialize', message, { cause })
}
