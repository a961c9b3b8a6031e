import { parseKey } from '@resultkit/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeName, keyOf, objectName, quotedEtag, writeIdMetadata, writeIdOf } from '../src/names.ts'
import { openRoot } from '../src/root.ts'

const root = openRoot({ bucket: 'b', prefix: 'some/prefix' }, 'test')
const whole = openRoot({ bucket: 'b' }, 'test')

const keys = fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }).filter((text) => {
  try {
    return parseKey(text) === text
  } catch {
    return false
  }
})

it('a key comes back from its name, with a prefix and without', () => {
  fc.assert(
    fc.property(keys, (key) => {
      for (const each of [root, whole]) expect(keyOf(each, objectName(each, key))).toBe(key)
    }),
  )
})

it('a name comes back from a listing, whichever way a server encodes it', () => {
  const encodings = [
    (text: string) => encodeURIComponent(text),
    (text: string) => encodeURIComponent(text).replaceAll('%20', '+'),
    (text: string) => encodeURIComponent(text).replaceAll('%2F', '/'),
  ]
  fc.assert(
    fc.property(keys, (key) => {
      for (const encode of encodings) expect(decodeName(encode(key), 'url')).toBe(key)
      expect(decodeName(key, undefined)).toBe(key)
    }),
  )
})

it('names beside the prefix, reserved ones and those that are no key are not listed', () => {
  for (const name of ['some/prefix', 'some/prefix/', 'some/prefixed/x', 'other', 'some/prefix/.resultkit/tmp/x'])
    expect(keyOf(root, name)).toBeUndefined()
})

it('a writeId of any text survives as a header', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
      (writeId) => {
        const metadata = writeIdMetadata(root, writeId)
        expect(JSON.stringify(metadata)).toMatch(/^[\x20-\x7e]*$/)
        expect(writeIdOf(root, metadata)).toBe(writeId)
      },
    ),
  )
})

it('ETags are quoted in conditions, whichever way they come, and nothing in them breaks a header', () => {
  for (const etag of ['abc-2', '"abc-2"']) expect(quotedEtag(etag)).toBe('"abc-2"')
  expect(quotedEtag('a\nb')).toBe('"a?b"')
})
