import type { Definition } from './definition.ts'
import { taskError } from './failure.ts'
import { type Plan, refreshes } from './plan.ts'
import type { Run } from './run.ts'
import type { Scope } from './scope.ts'
import type { Landing } from './single-flight.ts'

/** Whether how one run ended is how another would have: they are the same but for who may cancel them. */
export function mayShare(run: Run, plan: Plan, leader: Run): boolean {
  if (plan.refresh !== refreshes(leader.definition, leader.outer.settings)) return false
  return run.definition === leader.definition || isSame(run.definition, leader.definition)
}

function isSame(one: Definition, other: Definition): boolean {
  if (one.origin !== other.origin) return false
  const names = new Set([...Object.keys(one.options), ...Object.keys(other.options)]) as Set<
    keyof Definition['options']
  >
  names.delete('signal')
  return [...names].every((name) => one.options[name] === other.options[name])
}

/** Whether a scope is inside of what is being computed. */
export function isWithin(scope: Scope, flying: Promise<Landing>): boolean {
  for (let each: Scope | undefined = scope; each !== undefined; each = each.parent) {
    if (each.flight === flying) return true
  }
  return false
}

/** CONFIG for a run that is called by the one that computes what it wants. */
export function waitsForItself({ definition: { kind, name } }: Run): Error {
  const message = `${kind} "${name}" was called by the run that computes its key or target, and would wait for it for ever. Give one of them another.`
  return taskError('CONFIG', 'run', message)
}
