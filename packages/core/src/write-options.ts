import { isResultError, type ResultError, resultError } from './errors.ts'
import { isJsonObject, type JsonObject } from './json-value.ts'
import type { Settings } from './options.ts'
import type { ResultWriteOptions } from './outcome.ts'
import { json } from './serializers/json.ts'
import { formatPath } from './validator.ts'

/** CONFIG for options that a record cannot keep, or that contradict each other. */
export function checkWriteOptions({ format, encrypted }: Settings, options: ResultWriteOptions, now: number): void {
  const { expiresAt, metadata, ifAbsent, ifMatch } = options
  const reason = (problem: string): ResultError => resultError('CONFIG', 'write', `write: ${problem}.`)
  if (ifAbsent && ifMatch !== undefined) throw reason('ifAbsent and ifMatch exclude each other')
  if (metadata !== undefined && encrypted) throw reason('metadata cannot be kept with encryption')
  if (metadata !== undefined && format === 'plain') throw reason(`metadata cannot be kept with format: 'plain'`)
  if (metadata !== undefined) checkMetadata(metadata, reason)
  if (expiresAt === undefined) return
  if (format === 'plain') throw reason(`expiresAt cannot be kept with format: 'plain'`)
  const time = Number(expiresAt?.getTime?.())
  if (!(time <= MAX_TIME)) throw reason('expiresAt is not a valid Date before the year 10000')
  if (time <= now) throw reason('expiresAt has passed already')
}

const MAX_TIME = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** Only what JSON keeps exactly may go into a header. */
function checkMetadata(metadata: JsonObject, reason: (problem: string) => ResultError): void {
  if (!isJsonObject(metadata)) throw reason('metadata is not a plain object')
  try {
    json().serialize(metadata)
  } catch (cause) {
    const [issue] = isResultError(cause) ? cause.issues : []
    throw reason(`metadata has what JSON does not keep exactly, at ${formatPath(issue?.path ?? [], 'metadata')}`)
  }
}
