import { isRecord } from './cache-policy.ts'
import { runOf } from './task-promise.ts'

/** Whether there is a TaskPromise in an input. */
export function hasPromises(input: unknown): input is object {
  if (typeof input !== 'object' || input === null) return false
  if (runOf(input) !== undefined) return true
  if (Array.isArray(input)) return input.some((item) => runOf(item) !== undefined)
  if (!isRecord(input)) return false
  for (const name in input) {
    const value = input[name]
    if (typeof value !== 'object' || value === null) continue
    if (runOf(value) !== undefined) return true
    if (Array.isArray(value) && value.some((item) => runOf(item) !== undefined)) return true
  }
  return false
}
