import { createHash } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { encrypt } from '../src/encrypt.ts'
import { encodeEnvelope, MAX_SLOTS_BYTES } from '../src/envelope.ts'
import type { PayloadKeys } from '../src/payload-keys.ts'
import { SUITES } from '../src/suite.ts'
import { contextOf, directSlot, KEY_ID, keyNamed, testKeys } from './payload-kit.ts'

const MESSAGE = new TextEncoder().encode('a message')
const codec = encrypt({ keyring: testKeys() })
const sealed = await codec.encode(MESSAGE, contextOf())
const DECRYPT = expect.objectContaining({ code: 'DECRYPT' })

function changed(at: number, byte: number): Uint8Array {
  const copy = sealed.slice()
  copy[at] = byte
  return copy
}

test('a direct key costs 92 bytes', () => {
  expect(sealed.byteLength - MESSAGE.byteLength).toBe(92)
})

test('is laid out as specified', () => {
  const text = Buffer.from(sealed)
  expect(text.toString('latin1', 0, 4)).toBe('RSE1')
  expect([text[4], text[5], text.readUInt16BE(6)]).toEqual([1, 0, 12])
  expect(text.subarray(8, 20)).toEqual(Buffer.from(directSlot(KEY_ID)))
})

test('suite and padding stand in it', async () => {
  const aes = await encrypt({ keyring: testKeys(), suite: 'aes-256-gcm', pad: true }).encode(MESSAGE, contextOf())
  expect([...aes.subarray(4, 6)]).toEqual([2, 1])
  // 9 bytes and 8 of the length are 17, which Padme makes 18.
  expect(aes.byteLength).toBe(8 + 12 + 56 + 18 + 16)
  expect(await codec.decode(aes, contextOf())).toEqual(MESSAGE)
})

test('no two have the same salt, nor the same bytes', async () => {
  const many = await Promise.all(Array.from({ length: 200 }, () => codec.encode(MESSAGE, contextOf())))
  expect(new Set(many.map((bytes) => Buffer.from(bytes.subarray(20, 44)).toString('hex'))).size).toBe(200)
})

describe('is refused before the keyring is asked', () => {
  const cases: Readonly<Record<string, Uint8Array>> = {
    empty: new Uint8Array(),
    'another magic': changed(3, 0x32),
    'suite 0': changed(4, 0),
    'suite 3': changed(4, 3),
    'detached slots': changed(5, 2),
    'an unknown flag': changed(5, 128),
    'slots over the limit': changed(6, 0x20),
    'slots behind the end': changed(7, 255),
    'cut in the prefix': sealed.subarray(0, 7),
    'cut in the slots': sealed.subarray(0, 15),
    'cut in the commitment': sealed.subarray(0, 75),
  }
  test.each(Object.entries(cases))('%s', async (_, bytes) => {
    const keyring = testKeys()
    await expect(encrypt({ keyring }).decode(bytes, contextOf())).rejects.toEqual(DECRYPT)
    expect(keyring.asked).toEqual([])
  })
})

test('slots may be as long as they have to fit, and no longer', async () => {
  const withSlots = (size: number): PayloadKeys => ({
    keyForWriting: async () => ({ slots: new Uint8Array(size), inputKey: keyNamed('x') }),
    keyForReading: async (slots) => (slots.byteLength === size ? { inputKey: keyNamed('x'), stale: false } : undefined),
  })
  const longest = encrypt({ keyring: withSlots(MAX_SLOTS_BYTES) })
  const bytes = await longest.encode(MESSAGE, contextOf())
  expect(await longest.decode(bytes, contextOf())).toEqual(MESSAGE)
  expect(longest.pin(bytes.subarray(0, 8192))).toHaveLength(32)
  const longer = encrypt({ keyring: withSlots(MAX_SLOTS_BYTES + 1) })
  await expect(longer.encode(MESSAGE, contextOf())).rejects.toMatchObject({ code: 'CONFIG' })
})

describe('the pin', () => {
  test('is SHA-256 of suite, flags, salt and commitment', () => {
    const pinned = Buffer.concat([sealed.subarray(4, 6), sealed.subarray(20, 76)])
    expect(Buffer.from(codec.pin(sealed) as Uint8Array)).toEqual(createHash('sha256').update(pinned).digest())
  })

  test('stays when the slots are others', () => {
    const envelope = {
      suite: SUITES['chacha20-poly1305'],
      padded: false,
      salt: sealed.subarray(20, 44),
      commitment: sealed.subarray(44, 76),
    }
    const rewrapped = encodeEnvelope({ ...envelope, slots: new Uint8Array(300) })
    expect(codec.pin(rewrapped)).toEqual(codec.pin(sealed))
    expect(codec.pin(encodeEnvelope({ ...envelope, padded: true, slots: new Uint8Array() }))).not.toEqual(
      codec.pin(sealed),
    )
  })

  test('is refused rather than left out when the payload was cut before it', () => {
    for (const size of [0, 7, 20, 75]) expect(() => codec.pin(sealed.subarray(0, size))).toThrow(DECRYPT)
  })
})

test('the keyring is told namespace and key, and the signal', async () => {
  const keyring = testKeys()
  const writing = vi.spyOn(keyring, 'keyForWriting')
  const { signal } = new AbortController()
  const named = encrypt({ keyring, namespace: 'team-a' })
  await named.decode(await named.encode(MESSAGE, contextOf({ signal })), contextOf())
  expect(keyring.asked).toEqual([
    { operation: 'write', namespace: 'team-a', key: 'a/key' },
    { operation: 'read', namespace: 'team-a', key: 'a/key' },
  ])
  expect(writing.mock.calls[0]?.[1]).toBe(signal)
})

test('an older key is stale, which is said once it is verified', async () => {
  const old = await encrypt({ keyring: testKeys(['old-kid!']) }).encode(MESSAGE, contextOf())
  const both = encrypt({ keyring: testKeys(['new-kid!', 'old-kid!']) })
  const report = vi.fn()
  expect(await both.decode(old, contextOf({ report }))).toEqual(MESSAGE)
  expect(report.mock.calls).toEqual([[{ stale: true }]])
  report.mockClear()
  await expect(both.decode(old, contextOf({ report, key: 'b' }))).rejects.toEqual(DECRYPT)
  await both.decode(await both.encode(MESSAGE, contextOf()), contextOf({ report }))
  expect(report).not.toHaveBeenCalled()
})

describe('options', () => {
  const keyring = testKeys()
  test.each([
    ['no keyring', {}],
    ['half a keyring', { keyring: { keyForWriting: keyring.keyForWriting } }],
    ['an unknown suite', { keyring, suite: 'aes-128-gcm' }],
    ['a suite from the prototype', { keyring, suite: 'toString' }],
    ['a namespace that is no text', { keyring, namespace: 7 }],
    ['a namespace that UTF-8 cannot hold', { keyring, namespace: '\ud800' }],
    ['a pad that is no boolean', { keyring, pad: 'padme' }],
  ])('%s is CONFIG', (_, options) => {
    expect(() => encrypt(options as never)).toThrow(expect.objectContaining({ code: 'CONFIG' }))
  })
})

test('what the keyring fails with is passed on: an outage is no DECRYPT', async () => {
  const outage = Object.assign(new Error('the KMS is down'), { code: 'UNAVAILABLE' })
  const keyring = testKeys()
  vi.spyOn(keyring, 'keyForReading').mockRejectedValue(outage)
  await expect(encrypt({ keyring }).decode(sealed, contextOf())).rejects.toBe(outage)
})
