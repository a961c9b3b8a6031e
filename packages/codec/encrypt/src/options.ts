import { configError } from './failure.ts'

/**
 * CONFIG for options that are no object, or have a member that is none of theirs: what is ignored here could be what
 * somebody relies on.
 */
export function checkOptions(options: unknown, operation: string, known: readonly string[]): void {
  const members = `${operation} has the options ${known.join(', ')}`
  if (typeof options !== 'object' || options === null) throw configError(operation, `${members}, in an object.`)
  const other = Object.keys(options).find((name) => !known.includes(name))
  if (other !== undefined) throw configError(operation, `${members}, and was given "${other}".`)
}
