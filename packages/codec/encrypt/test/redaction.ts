import { format, inspect } from 'node:util'
import { findLeaks, type Printer, type Secrets } from '@resultkit/contract'

/** Every way in which Node prints something. */
export const PRINTERS: readonly Printer[] = [
  (subject) => inspect(subject, { depth: 9, showHidden: true, maxStringLength: null, maxArrayLength: null }),
  (subject) => inspect(subject, { depth: 9, showHidden: true, customInspect: false, maxStringLength: null }),
  (subject) => format('%s %o %O %j', subject, subject, subject, subject),
  (subject) => {
    try {
      return inspect(structuredClone(subject), { depth: 9, showHidden: true })
    } catch {
      return ''
    }
  },
]

/** The secrets that a subject shows, whatever prints it. */
export function leaksOf(subject: unknown, secrets: Secrets): readonly string[] {
  return findLeaks(subject, secrets, PRINTERS)
}

/** One way in which something goes wrong: the code that it fails with, perhaps with more words, and how to get there. */
export type ErrorPath = readonly [name: string, attempt: () => unknown]

/** Walks error paths and says what is wrong, path by path: another code than expected, or a secret that shows. */
export async function walkErrorPaths(paths: readonly ErrorPath[], secrets: Secrets): Promise<readonly string[]> {
  const problems: string[] = []
  for (const [name, attempt] of paths) {
    const [code = ''] = name.split(' ')
    let error: unknown
    try {
      await attempt()
    } catch (thrown) {
      error = thrown
    }
    const found = error instanceof Error && 'code' in error ? error.code : inspect(error)
    if (found !== code) problems.push(`${name}: ${found}`)
    problems.push(...leaksOf(error, secrets).map((leak) => `${name}: ${leak}`))
  }
  return problems
}
