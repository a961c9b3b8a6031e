import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pae } from '../src/pae.ts'

const hexOf = (pieces: readonly (Uint8Array | string)[]): string => Buffer.from(pae(pieces)).toString('hex')

test.each([
  [[], '0000000000000000'],
  [[''], '01000000000000000000000000000000'],
  [['', ''], '020000000000000000000000000000000000000000000000'],
  [['Paragon'], '0100000000000000070000000000000050617261676f6e'],
  [['Paragon', 'Initiative'], '0200000000000000070000000000000050617261676f6e0a00000000000000496e6974696174697665'],
])('%j, as the specification of PASETO has it', (pieces, expected) => {
  expect(hexOf(pieces)).toBe(expected)
})

test('any text and bytes are those of a plain encoder', () => {
  const length = (count: number): Buffer => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64LE(BigInt(count))
    return bytes
  }
  const text = fc.string({ unit: 'binary', maxLength: 40 })
  const piece = fc.oneof(fc.uint8Array({ maxLength: 300 }), text)
  const property = fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
    const parts = pieces.map((each) => Buffer.from(typeof each === 'string' ? new TextEncoder().encode(each) : each))
    const expected = Buffer.concat([length(parts.length), ...parts.flatMap((part) => [length(part.byteLength), part])])
    expect(hexOf(pieces)).toBe(expected.toString('hex'))
  })
  fc.assert(property, { numRuns: 60 })
})
