/** Reads every golden file with the Node that runs this, and prints what became of each. */
import { readFileSync } from 'node:fs'
import { isResultError } from '@resultkit/core'
import { DIRECTORY, evaluate, golden, goldenBytes, goldenIndex, missing } from './golden-kit.ts'

Error.stackTraceLimit = 0
const outcomes = Object.entries(goldenIndex()).map(([name, entry]) => {
  const bytes = readFileSync(new URL(name, DIRECTORY))
  return [name, missing(entry) === undefined ? (entry.error ?? 'same') : 'UNSUPPORTED', outcome(bytes, entry.literal)]
})
console.log(JSON.stringify(outcomes))

function outcome(bytes: Uint8Array, literal: string | undefined): string {
  try {
    const again = goldenBytes(golden.deserialize(bytes))
    if (Buffer.compare(again, bytes) !== 0) return 'other bytes when encoded again'
    return Buffer.compare(goldenBytes(evaluate(literal ?? '')), bytes) === 0 ? 'same' : 'other bytes for the literal'
  } catch (error) {
    return isResultError(error) ? error.code : String(error)
  }
}
