import fc from 'fast-check'
import { expect, test } from 'vitest'
import { msgpack } from '../src/index.ts'
import { isUtf8, skipAscii } from '../src/utf8.ts'
import { bytesOf, readingOf } from './hostile.ts'

const SEED = 20_261_122
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function isDecodable(bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes)
    return true
  } catch {
    return false
  }
}

function isAccepted(bytes: Uint8Array): boolean {
  // With other bytes around it, which must not be looked at.
  const around = bytesOf(0xe2, bytes, 0x82, 0xac)
  return isUtf8(new DataView(around.buffer), 1, 1 + bytes.byteLength)
}

test('UTF-8 is what TextDecoder takes: all that begins with any three bytes of interest', () => {
  const seconds = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff]
  for (let lead = 0; lead < 256; lead++) {
    for (const second of seconds) {
      for (const third of [0x41, 0xbf]) {
        for (const tail of [[], [0x80]]) {
          const bytes = Uint8Array.of(lead, second, third, ...tail)
          for (let size = 1; size <= bytes.byteLength; size++) {
            const part = bytes.subarray(0, size)
            if (isAccepted(part) !== isDecodable(part)) expect([...part]).toBe('judged as TextDecoder does')
          }
        }
      }
    }
  }
})

test('UTF-8 is what TextDecoder takes: texts with a byte changed', () => {
  const texts = fc.tuple(fc.string({ unit: 'binary', maxLength: 40 }), fc.nat(), fc.option(fc.nat(255)))
  fc.assert(
    fc.property(texts, ([text, at, byte]) => {
      const bytes = bytesOf(text)
      if (byte !== null && bytes.byteLength > 0) bytes[at % bytes.byteLength] = byte
      expect(isAccepted(bytes)).toBe(isDecodable(bytes))
    }),
    { numRuns: 300, seed: SEED },
  )
})

test('finds the first byte that is not ASCII', () => {
  for (let size = 0; size < 40; size++) {
    for (let at = 0; at <= size; at++) {
      const bytes = new Uint8Array(size + 3).fill(0x7f)
      bytes[1 + at] = 0x80
      expect(skipAscii(new DataView(bytes.buffer), 1, 1 + size)).toBe(1 + at)
    }
  }
})

test('any two names that are the same are found', () => {
  const cases = fc
    .integer({ min: 2, max: 70 })
    .chain((count) => fc.tuple(fc.constant(count), fc.nat(count - 1), fc.nat(count - 1)))
  fc.assert(
    fc.property(cases, ([count, one, other]) => {
      const names = Array.from({ length: count }, (_, index) => `name ${index}`)
      names[one] = names[other] as string
      const parts = names.flatMap((name) => [0xa0 + name.length, name, 0x81, 0xa6, 'name 0', 1])
      const reading = readingOf(msgpack(), bytesOf(0xde, 0, count, ...parts))
      expect('message' in reading).toBe(one !== other)
    }),
    { numRuns: 500, seed: SEED },
  )
})
