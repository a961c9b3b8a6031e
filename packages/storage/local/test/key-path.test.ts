import { MAX_KEY_BYTES, parseKey } from '@resultkit/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodePath, encodePath } from '../src/key-path.ts'

const piece = fc.oneof(
  fc.constantFrom('a', 'b', 'A', '.', '..', ' ', '%', '%2', '%2F', '~', '%~', '\\', ':', '*', '?', '"', '<', '|'),
  fc.constantFrom('é', 'é', 'Å', 'Å', 'ﬁ', '😀', '￿', 'K', 'ſ', 'ẛ̣', '각', '각', '中'),
  fc.constantFrom('con', 'NUL', 'com1', 'COM¹', 'lpt0.', 'aux ', 'conin$', '.resultkit', '.RESULTKIT', '.reſultkit'),
  fc.constantFrom('\u0001', '\u007f', '\u0085', '\ufeff', '\u200b', '\t', '\n'),
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.constantFrom('x'.repeat(100), 'x'.repeat(199), 'é'.repeat(50), '%'.repeat(40), '😀'.repeat(30), ' '.repeat(90)),
)
const segment = fc.array(piece, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''))
const anyKey = fc
  .array(segment, { minLength: 1, maxLength: 4 })
  .map((segments) => segments.join('/'))
  .filter((text) => {
    try {
      return parseKey(text) === text
    } catch {
      return false
    }
  })

const DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(\.|$)/i

describe('the path of a key', () => {
  it('leads back to the key', () => {
    fc.assert(
      fc.property(anyKey, (key) => decodePath(encodePath(key)) === key),
      { numRuns: 3000 },
    )
  })

  it('is another one for another key', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => (a === b) === (encodePath(a) === encodePath(b))),
      { numRuns: 3000 },
    )
  })

  it('is another one for another key also on a file system that normalises', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => {
        for (const form of ['NFC', 'NFD']) {
          const same = encodePath(a).normalize(form) === encodePath(b).normalize(form)
          if (same !== (a === b)) return false
        }
        return true
      }),
      { numRuns: 2000 },
    )
  })

  it('has only names that every file system takes', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        for (const name of encodePath(key).split('/')) {
          expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255)
          expect(name).toMatch(/^[^\p{Cc}\\:*?"<>|]*[^\p{Cc}\\:*?"<>|. ]$/u)
          expect(name).not.toMatch(DEVICE)
          expect(name).not.toMatch(/%(?![0-9A-F]{2}|~$)/)
        }
        expect(encodePath(key).split('/')[0]?.toUpperCase()).not.toBe('.RESULTKIT')
      }),
      { numRuns: 3000 },
    )
  })

  it('is not claimed by files that came from elsewhere', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 12 }), (path) => {
        const key = decodePath(path)
        return key === undefined || encodePath(key) === path
      }),
      { numRuns: 3000 },
    )
  })

  it.each([
    ['reports/2026-11-22.json', 'reports/2026-11-22.json'],
    ['scores/Zoë/中文.json', 'scores/Zoë/中文.json'],
    ['.hidden/a', '.hidden/a'],
    ['x:y', 'x%3Ay'],
    ['q?1', 'q%3F1'],
    ['%2F', '%252F'],
    ['a b', 'a b'],
    ['a./b ', 'a%2E/b%20'],
    ['nul/Con.txt/com1 .x', '%6Eul/%43on.txt/%63om1 .x'],
    ['.Resultkit/x', '%2EResultkit/x'],
    ['a/.Resultkit', 'a/.Resultkit'],
    ['e\u0301', 'e%CC%81'],
  ])('%s is %s', (key, path) => {
    expect(encodePath(key)).toBe(path)
    expect(decodePath(path)).toBe(key)
  })

  it('splits a long segment between characters', () => {
    const key = `${'x'.repeat(199)}é${'y'.repeat(10)}`
    expect(encodePath(key)).toBe(`${'x'.repeat(199)}%~/é${'y'.repeat(10)}`)
    expect(encodePath(`${'x'.repeat(198)}:z`)).toBe(`${'x'.repeat(198)}%~/%3Az`)
    expect(encodePath(`${'x'.repeat(200)}nul.txt`)).toBe(`${'x'.repeat(200)}%~/%6Eul.txt`)
    const longest = encodePath(':'.repeat(MAX_KEY_BYTES))
    expect(Buffer.byteLength(longest)).toBeLessThan(3200)
  })

  it.each([
    'a%',
    'a%2f',
    'a%41',
    'x%~',
    '%~/x',
    'con',
    'a.',
    'a//b',
    '../a',
    '.resultkit/tmp',
    'e\u0301',
    'a%FF',
    'sealed%3Ax',
  ])('no key has the path %s', (path) => expect(decodePath(path)).toBeUndefined())
})
