import { Result, type ResultIssue, type Validator } from '@resultkit/core'
import type { Definition } from './definition.ts'
import { isStream } from './streamed.ts'

/** What a task's own validators, which come after those of its result, have against a value. Streams are seen item by item elsewhere. */
export async function ownIssues({ options }: Definition, value: unknown): Promise<readonly ResultIssue[]> {
  const { validators = [] } = options
  if (validators.length === 0 || isStream(value)) return []
  const own = new Result<never>({ validators: validators as readonly Validator<never>[], serializer: 'json' })
  return (await own.validate(value)).issues
}

/** How many there are, for people. */
export function countIssues({ length }: readonly unknown[]): string {
  return `${length} ${length === 1 ? 'issue' : 'issues'}`
}
