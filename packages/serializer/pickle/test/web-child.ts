/** Reads and writes the golden files that need no Buffer, as where there is no Node. */
import { readFileSync } from 'node:fs'
import { DIRECTORY, evaluate, golden, goldenBytes, goldenIndex, missing } from './golden-kit.ts'

const files = Object.entries(goldenIndex())
  .filter(([name, entry]) => entry.error === undefined && name !== 'node-buffer.pickle' && missing(entry) === undefined)
  .map(([name, { literal = '' }]) => ({ name, literal, bytes: new Uint8Array(readFileSync(new URL(name, DIRECTORY))) }))
const { exit } = process
const { log } = console
Error.stackTraceLimit = 0
for (const name of ['Buffer', 'process'])
  Object.defineProperty(globalThis, name, { value: undefined, configurable: true })

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, at) => byte === b[at])
const wrong = files.filter(({ bytes, literal }) => {
  return !same(goldenBytes(golden.deserialize(bytes)), bytes) || !same(goldenBytes(evaluate(literal)), bytes)
})
log(`${files.length} ${wrong.map(({ name }) => name)}`)
exit(0)
