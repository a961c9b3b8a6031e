import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isResultError } from '../../src/errors.ts'
import type { ValueSerializer } from '../../src/serializer.ts'
import { json } from '../../src/serializers/json.ts'
import { jsonTypes } from '../../src/serializers/json-types.ts'
import { roundTrip } from './helpers.ts'

const anything = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
  withUnicodeString: true,
  key: fc.oneof(fc.string(), fc.constantFrom('__proto__', '$type', 'value', 'toJSON', 'constructor')),
})

/** Whether the value was kept; every other outcome than exactly kept or refused with places fails. */
function keptOrRefused(serializer: ValueSerializer, value: unknown): boolean {
  let back: unknown
  try {
    back = roundTrip(serializer, value)
  } catch (error) {
    if (!isResultError(error)) throw error
    expect(error.code).toBe('SERIALIZE')
    expect(error.issues.length).toBeGreaterThan(0)
    return false
  }
  deepStrictEqual(back, value)
  return true
}

// fast-check gives -0 and counts it as JSON.
const plain = fc.jsonValue().filter((value) => !/:-0|\[-0|,-0|^-0/.test(fc.stringify(value)))

it('keeps JSON values', () => {
  fc.assert(
    fc.property(plain, (value) => keptOrRefused(json(), value)),
    { numRuns: 1000 },
  )
})

it('keeps JSON values beside hooks, with -0', () => {
  const serializer = json({ types: [jsonTypes.number] })
  fc.assert(
    fc.property(fc.jsonValue(), (value) => keptOrRefused(serializer, value)),
    { numRuns: 1000 },
  )
})

it('keeps anything exactly, or refuses it with its places', () => {
  fc.assert(
    fc.property(anything, (value) => void keptOrRefused(json(), value)),
    { numRuns: 3000 },
  )
})

it('keeps more with hooks, exactly', () => {
  const serializer = json({ types: Object.values(jsonTypes) })
  let kept = 0
  fc.assert(
    fc.property(anything, (value) => {
      kept += Number(keptOrRefused(serializer, value))
    }),
    { numRuns: 3000 },
  )
  expect(kept).toBeGreaterThan(300)
})
