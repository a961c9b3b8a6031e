import { readFileSync } from 'node:fs'

const DIRECTORY = new URL('../../../../test-fixtures/vectors/', import.meta.url)

/** One case of a file of Project Wycheproof. */
export type VectorCase = Readonly<Record<string, unknown>> & {
  readonly tcId: number
  readonly comment: string
  readonly result: 'valid' | 'invalid'
  readonly flags: readonly string[]
}

interface VectorFile<T> {
  readonly testGroups: readonly (Readonly<Record<string, unknown>> & { readonly tests: readonly T[] })[]
}

/** The groups of a file under `test-fixtures/vectors`. */
export function vectorGroups<T>(file: string): VectorFile<T & VectorCase>['testGroups'] {
  return (JSON.parse(readFileSync(new URL(file, DIRECTORY), 'utf8')) as VectorFile<T & VectorCase>).testGroups
}

export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'))
}
