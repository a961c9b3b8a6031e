import type { Definition } from './definition.ts'
import { explainLookup, type LookupExplanation } from './explain-lookup.ts'
import { messageOf } from './failure.ts'
import { resolveInput } from './inputs.ts'
import { planFor } from './plan.ts'
import type { PersistenceDecision } from './resolve-persistence.ts'
import { makeRun } from './run.ts'
import { keeperFor } from './store-value.ts'
import { surroundingsOf } from './surroundings.ts'

/** Why a run would go as it would. */
export interface Explanation {
  readonly name: string
  /** Whether the result would be stored, who decided, and what stands against it. */
  readonly persistence: PersistenceDecision
  /** The storage's uri, where something would be stored and it could be opened. */
  readonly storage: string | undefined
  /** What a look-up says now. */
  readonly lookup: LookupExplanation
  /** What is wrong, when the run would fail before its body. */
  readonly problem: string | undefined
  /** All of it for people. */
  readonly text: string
}

/** Explains a run in the caller's surroundings. Waits for TaskPromises in the input; runs and writes nothing. */
export async function explainRun(definition: Definition, input: unknown): Promise<Explanation> {
  const outer = surroundingsOf(definition)
  const run = makeRun(definition, outer, input)
  const plan = planFor(definition, outer.settings)
  const { decision } = plan
  let storage: string | undefined
  let lookup: LookupExplanation = { kind: plan.lookup, outcome: 'none', why: 'it was not looked up' }
  let problem: string | undefined
  try {
    await resolveInput(run)
    if (decision.persist) storage = (await keeperFor(run)).storageId
    lookup = await explainLookup(run, plan)
  } catch (thrown) {
    problem = messageOf((thrown as { readonly error?: unknown }).error ?? thrown)
    lookup = { ...lookup, why: problem }
  }
  const explanation = { name: definition.name, persistence: decision, storage, lookup, problem }
  return { ...explanation, text: textOf(definition, explanation) }
}

function textOf({ kind }: Definition, explanation: Omit<Explanation, 'text'>): string {
  const { name, persistence, storage, lookup, problem } = explanation
  const lines = [`${kind} "${name}"`, `  persisted: ${persistenceText(persistence)}`]
  if (storage !== undefined) lines.push(`  storage: ${storage}`)
  if (problem !== undefined) return [...lines, `  would fail: ${problem}`].join('\n')
  if (lookup.location !== undefined) lines.push(`  ${lookup.kind}: ${lookup.location}`)
  lines.push(lookup.outcome === 'hit' ? `  would be a hit: ${lookup.why}` : `  would run: ${lookup.why}`)
  return lines.join('\n')
}

function persistenceText({ persist, decidedBy, because, conflicts }: PersistenceDecision): string {
  const answer = persist ? 'yes' : 'no'
  const reasons: Readonly<Record<typeof decidedBy, string>> = {
    persistResult: `persistResult: ${persist}`,
    'checkpointing off': 'defaults.checkpointing is false',
    features: `it has ${because.join(', ')}`,
    'task default': `defaults.taskPersistResult is ${persist}`,
    flow: `the flow around it says ${answer}`,
    checkpointing: 'defaults.checkpointing is true',
    default: persist ? 'defaults.persistResult is true' : 'nobody asks for it',
  }
  const trouble = conflicts.length === 0 ? '' : `; MISSING_RESULT when ${conflicts.join(', ')} needs the value`
  return `${answer}, ${reasons[decidedBy]}${trouble}`
}
