import { call } from './call.ts'
import { taskError } from './failure.ts'
import type { Flow } from './flow.ts'
import type { Batch } from './run.ts'
import { definitionOf, type Task, type TaskInput } from './task.ts'
import type { TaskPromise } from './task-promise.ts'

/**
 * Starts a run for each input, and gives their promises in order; `run.index` and `{index}` in locations are the place. Two children
 * with the same target: the later one is refused with CONFIG before it reads or writes. Errors: CONFIG for what is no task,
 * and for inputs that are no list, such as the promise of one.
 */
export function map<I, T>(of: Task<I, T> | Flow<I, T>, inputs: Iterable<TaskInput<NoInfer<I>>>): TaskPromise<T>[] {
  const definition = definitionOf(of)
  // A promise would pass for an empty list.
  if (typeof inputs !== 'object' || inputs === null || typeof inputs[Symbol.iterator] !== 'function')
    throw taskError(
      'CONFIG',
      'map',
      'map(task, inputs) takes a list of inputs, or another iterable. Await a promise of one first.',
    )
  const batch: Batch = { targets: new Map() }
  return Array.from(inputs, (input, index) => call(definition, input, index, batch) as TaskPromise<T>)
}
