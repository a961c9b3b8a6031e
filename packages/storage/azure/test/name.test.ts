import { compareUtf8 } from '@resultkit/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeName, encodeName, encodeNamePrefix } from '../src/name.ts'

/** Characters at the edges of every rule. */
const EDGES = [
  ...'.-/!~[\\]^az09 "-_%+?#',
  ...['\u0001', '\u001f', '\u007f', '\u0080', '\u009f', '\u00a0', '\u00e9', '\u4e00', '\u4e01', '\u4e7f', '\u4e80'],
  ...[
    '\u4e81',
    '\ud7fa',
    '\ud7fb',
    '\ud7ff',
    '\ue000',
    '\uf900',
    '\ufffd',
    '\ufffe',
    '\uffff',
    '\u{10000}',
    '\u{10ffff}',
  ],
]
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.array(fc.constantFrom(...EDGES), { maxLength: 10 }).map((chars) => chars.join('')),
)
const segment = text.map((part) => {
  const clean = part.replaceAll('/', '').replaceAll('\0', '')
  return clean === '' || clean === '.' || clean === '..' ? `${clean}x` : clean
})
const shallow = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
const deep = fc
  .tuple(fc.integer({ min: 247, max: 254 }), shallow)
  .map(([depth, tail]) => `${'d/'.repeat(depth)}${tail}`)
const path = fc.oneof(shallow, deep)

describe('names of blobs', () => {
  it('come back exactly', () => {
    fc.assert(fc.property(path, (one) => decodeName(encodeName(one)) === one))
  })

  it('are in the order of their paths, in UTF-8 and in UTF-16', () => {
    fc.assert(
      fc.property(path, path, (one, other) => {
        const [first, second] = [encodeName(one), encodeName(other)]
        const order = Math.sign(compareUtf8(one, other))
        expect(Math.sign(compareUtf8(first, second))).toBe(order)
        expect(first < second ? -1 : first > second ? 1 : 0).toBe(order)
      }),
      { numRuns: 2000 },
    )
  })

  it('start with the name of a prefix exactly when the path starts with the prefix', () => {
    fc.assert(
      fc.property(path, text, fc.nat(40), (one, other, at) => {
        const cut = one.slice(0, at)
        for (const prefix of [cut.isWellFormed() ? cut : '', other])
          expect(encodeName(one).startsWith(encodeNamePrefix(prefix))).toBe(one.startsWith(prefix))
      }),
      { numRuns: 1000 },
    )
  })

  it('have nothing that Azure refuses or rewrites', () => {
    fc.assert(
      fc.property(path, (one) => {
        const segments = encodeName(one).split('/')
        expect(segments.length).toBeLessThanOrEqual(251)
        for (const part of segments) {
          expect(part).not.toMatch(/^$|[. ]$|\\/)
          expect(part).not.toMatch(/[\x00-\x20\x7f-\x9f\ue000-\uffff]/)
        }
        return encodeName(one).isWellFormed()
      }),
    )
  })

  it('of other origin are no paths', () => {
    fc.assert(
      fc.property(text, (name) => {
        const found = decodeName(name)
        expect(found === undefined || encodeName(found) === name).toBe(true)
      }),
    )
    for (const name of ['a b', 'a\\b', 'a!zz', 'a~20', 'end.', 'a./b', 'a.-2db!-', '\ud7fb0041']) {
      expect(decodeName(name), name).toBe(undefined)
    }
  })

  it.each([
    ['reports/2026-11-22.json', 'reports/2026-11-22.json'],
    ['users/ada/scores.json.zst', 'users/ada/scores.json.zst'],
    ['caf\u00e9/%2F/q?1#2', 'caf\u00e9/%2F/q?1#2'],
    ['\u65e5\u672c\u{1f600}', '\u65e5\u672c\u{1f600}'],
    ['a b!', 'a!20b!21'],
    ['x\\y[1]', 'x[5cy[5b1]'],
    ['~root', '~7eroot'],
    ['dir./file', 'dir.-2f/file'],
    ['end.', 'end.!-'],
    ['end..', 'end.-2e'],
    ['...', '.-2e.!-'],
    ['v1.-rc', 'v1.-2drc'],
    ['\uff21', '\ud7fbff21'],
  ])('%j is %j', (key, name) => {
    expect(encodeName(key)).toBe(name)
    expect(decodeName(name)).toBe(key)
  })
})
