import type { StorageCapabilities } from '@resultkit/core'
import { asBroken } from './expectation.ts'

/** One promise of a contract, as data: a test runner calls `run` and reports what it throws. */
export interface ContractCase<Subject> {
  /** A sentence that says what is promised; unique within its suite. */
  readonly name: string
  /**
   * What the subject must have for this case to say anything: names of boolean members of its `capabilities`, names of
   * members that must be present (`range` of a codec), or its `kind`. A case about a capability that may be missing
   * requires nothing: it looks at the flag itself.
   */
  readonly requires: readonly string[]
  /**
   * Resolves when the promise is kept; rejects with an Error `promised: ...; happened: ...` when not, and with one that begins
   * with `unsupported:` when a requirement is unmet. Opens once.
   */
  run(context: { open: () => Promise<Subject> | Subject }): Promise<void>
}

/**
 * What the subject lacks of {@link ContractCase.requires}. An adapter reports a case with unmet requirements as
 * unsupported; it never leaves it out silently.
 */
export function unmetRequirements<Subject>(contractCase: ContractCase<Subject>, subject: Subject): readonly string[] {
  return contractCase.requires.filter((requirement) => !has(subject, requirement))
}

/** Whether the subject has everything that the case requires. */
export function applies<Subject>(contractCase: ContractCase<Subject>, subject: Subject): boolean {
  return unmetRequirements(contractCase, subject).length === 0
}

function has(subject: unknown, requirement: string): boolean {
  const members = subject as Readonly<Record<string, unknown>>
  if (members['kind'] === requirement) return true
  const capabilities = members['capabilities'] as Readonly<Record<string, unknown>> | undefined
  return Boolean((capabilities ?? members)[requirement])
}

/** The boolean members of {@link StorageCapabilities}. */
export type Capability = Exclude<keyof StorageCapabilities, 'maxKeyBytes'>

/** Makes a case out of a function over one open subject. What it did not foresee is reported as a broken promise too. */
export function contractCase<Subject>(
  name: string,
  requires: readonly string[],
  check: (subject: Subject) => Promise<void>,
): ContractCase<Subject> {
  const run: ContractCase<Subject>['run'] = async ({ open }) => {
    const subject = await open()
    const unmet = requires.filter((requirement) => !has(subject, requirement))
    if (unmet.length > 0) throw new Error(`unsupported: "${name}" requires ${unmet}; report it as skipped`)
    try {
      await check(subject)
    } catch (error) {
      throw asBroken(name, error)
    }
  }
  return { name, requires, run }
}
