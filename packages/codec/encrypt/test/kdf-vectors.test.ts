import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hkdfExpand } from '../src/chunked.ts'
import type { Engine } from '../src/engine.ts'
import { sha256, sha256InJavaScript } from '../src/sha256.ts'
import { engines } from './payload-kit.ts'
import { hex, vectorGroups } from './vectors.ts'

interface HmacCase {
  readonly key: string
  readonly msg: string
  readonly tag: string
}

interface HkdfCase {
  readonly ikm: string
  readonly salt: string
  readonly info: string
  readonly size: number
  readonly okm: string
}

const HMAC = vectorGroups<HmacCase>('wycheproof/hmac_sha512_test.json')
const HKDF = vectorGroups<HkdfCase>('wycheproof/hkdf_sha512_test.json')

/** The HMAC of a message as a whole. */
function hmac(engine: Engine, key: Uint8Array, message: Uint8Array): Uint8Array {
  const keyed = engine.hmac(key, message.byteLength)
  keyed.message.set(message)
  return keyed.digest(message.byteLength)
}

describe.each(await engines())('$name', (engine) => {
  test('HMAC-SHA-512: all cases of Wycheproof', () => {
    let run = 0
    for (const { tests, tagSize } of HMAC)
      for (const { tcId, key, msg, tag, result } of tests) {
        const computed = hmac(engine, hex(key), hex(msg)).subarray(0, Number(tagSize) / 8)
        expect(Buffer.from(computed).toString('hex') === tag, `tcId ${tcId}`).toBe(result === 'valid')
        run += 1
      }
    expect(run).toBe(174)
  })

  test('HKDF-SHA-512: all cases of Wycheproof', () => {
    let run = 0
    for (const { tcId, ikm, salt, info, size, okm, result } of HKDF.flatMap(({ tests }) => tests)) {
      const extracted = hmac(engine, salt === '' ? new Uint8Array(64) : hex(salt), hex(ikm))
      const expand = (): string => Buffer.from(hkdfExpand(engine, extracted, [hex(info)], size)).toString('hex')
      if (result === 'valid') expect(expand(), `tcId ${tcId}`).toBe(okm)
      else expect(expand, `tcId ${tcId}`).toThrow(RangeError)
      run += 1
    }
    expect(run).toBe(83)
  })

  test('an HMAC covers as many bytes as it is asked for, and its digests stay', () => {
    const keyed = engine.hmac(hex('00010203'), 4)
    keyed.message.set(hex('aabbccdd'))
    const three = keyed.digest(3)
    const four = keyed.digest(4)
    expect(Buffer.from(three)).toEqual(createHmac('sha512', hex('00010203')).update(hex('aabbcc')).digest())
    expect(Buffer.from(four)).toEqual(createHmac('sha512', hex('00010203')).update(hex('aabbccdd')).digest())
  })

  test('HKDF takes its info in pieces', () => {
    const whole = hkdfExpand(engine, hex('00010203'), [hex('aabbccdd')], 200)
    expect(hkdfExpand(engine, hex('00010203'), [hex('aa'), hex(''), hex('bbccdd')], 200)).toEqual(whole)
  })

  test('compares', () => {
    expect(engine.equal(hex('0102'), hex('0102'))).toBe(true)
    expect(engine.equal(hex('0102'), hex('0103'))).toBe(false)
    expect(engine.equal(hex('0102'), hex('010203'))).toBe(false)
  })
})

test('SHA-256, with and without node:crypto', () => {
  expect(Buffer.from(sha256InJavaScript(new TextEncoder().encode('abc'))).toString('hex')).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  )
  const check = (message: Uint8Array): void => {
    const expected = createHash('sha256').update(message).digest()
    expect(Buffer.from(sha256InJavaScript(message))).toEqual(expected)
    expect(Buffer.from(sha256(message))).toEqual(expected)
  }
  for (let size = 0; size < 200; size++) check(new Uint8Array(size).fill(size))
  fc.assert(fc.property(fc.uint8Array({ maxLength: 9000 }), check), { numRuns: 50 })
})
