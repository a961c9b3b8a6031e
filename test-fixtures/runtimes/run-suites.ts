import { unmetRequirements } from '@resultkit/contract'
import type { Suite } from './web-suites.ts'

/** What became of all cases. */
export interface Outcome {
  readonly passed: number
  /** A line for each. */
  readonly failures: readonly string[]
  /** Cases about something that the subject does not have. */
  readonly skipped: number
}

/**
 * Runs suites one case after the other, as any test runner would, with nothing of any.
 *
 * @param isKnown - whether a runtime is known to break this promise; such a case is skipped
 */
export async function runSuites(
  suites: readonly Suite[],
  isKnown: (suite: string, each: Suite['cases'][number]) => boolean = () => false,
): Promise<Outcome> {
  // pickle keeps stacks, and the contract compares errors made at two places.
  Error.stackTraceLimit = 0
  let passed = 0
  let skipped = 0
  const failures: string[] = []
  for (const { name, cases, open } of suites) {
    for (const each of cases) {
      const subject = (await open()) as never
      if (unmetRequirements(each, subject).length > 0 || isKnown(name, each)) {
        skipped += 1
        continue
      }
      try {
        await each.run({ open: () => subject })
        passed += 1
      } catch (error) {
        failures.push(`${name}: ${each.name}\n  ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  }
  return { passed, skipped, failures }
}
