import { ResultError } from '@resultkit/core'

/** CONFIG: `azureStorage was given <what>.` */
export function configError(what: string, cause?: unknown): ResultError {
  return new ResultError({
    code: 'CONFIG',
    operation: 'azureStorage',
    message: `azureStorage was given ${what}.`,
    cause,
  })
}
