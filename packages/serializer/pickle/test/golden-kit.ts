import { readFileSync } from 'node:fs'
import { concatBytes } from '@resultkit/core'
import { defineClass, pickle } from '../src/index.ts'

/** What index.json says about a golden file: the value as JavaScript, or the code of the error that it is. */
export interface GoldenEntry {
  readonly literal?: string
  readonly error?: string
  /** Globals that the runtime must have; where one is missing, reading is UNSUPPORTED. */
  readonly needs?: readonly string[]
}

export const DIRECTORY: URL = new URL('../../../../test-fixtures/golden/pickle/', import.meta.url)

/** A class of the golden files. */
export class Money {
  readonly amount: bigint
  constructor(amount: bigint) {
    this.amount = amount
  }
}
/** One whose instances form cycles. */
export class Knot {
  to: unknown
}

/** As every release must know them. */
export const golden: ReturnType<typeof pickle> = pickle({
  classes: [
    defineClass({
      name: 'golden/Money',
      version: 2,
      class: Money,
      encode: ({ amount }) => ({ amount }),
      decode: ({ amount }) => new Money(amount),
      migrate: { 1: (cents: bigint) => ({ amount: cents }) },
    }),
    defineClass({
      name: 'golden/Knot',
      class: Knot,
      encode: ({ to }) => to,
      decode: () => new Knot(),
      allocate: () => new Knot(),
      fill: (knot, to) => {
        knot.to = to
      },
    }),
  ],
})

/** The value of a literal. */
export function evaluate(literal: string): unknown {
  return new Function('Money', 'Knot', 'own', `return (${literal})`)(Money, Knot, Object.assign)
}

/** The bytes of a value, in one piece. */
export function goldenBytes(value: unknown): Uint8Array {
  const bytes = golden.serialize(value)
  return bytes instanceof Uint8Array ? bytes : concatBytes(bytes)
}

/** All golden files of all releases. */
export function goldenIndex(): Readonly<Record<string, GoldenEntry>> {
  return JSON.parse(readFileSync(new URL('index.json', DIRECTORY), 'utf8')) as Readonly<Record<string, GoldenEntry>>
}

/** The first global that this runtime does not have. */
export function missing({ needs = [] }: GoldenEntry): string | undefined {
  return needs.find((name) => !(name in globalThis))
}
