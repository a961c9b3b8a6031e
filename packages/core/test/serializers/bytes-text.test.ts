import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytes } from '../../src/serializers/bytes.ts'
import { text } from '../../src/serializers/text.ts'
import { errorOf, textOf } from './helpers.ts'

describe('bytes', () => {
  it('copies, and gives a plain Uint8Array back', () => {
    const value = Buffer.from('abcdef').subarray(1, 3)
    const stored = bytes().serialize(value) as Uint8Array
    value.fill(0)
    expect(textOf(stored)).toBe('bc')
    const back = bytes().deserialize(Buffer.from('abc').subarray(1)) as Uint8Array
    expect(Object.getPrototypeOf(back)).toBe(Uint8Array.prototype)
    expect(back).toEqual(Uint8Array.of(98, 99))
  })

  it('keeps a Uint8Array of another realm', () => {
    expect(bytes().serialize(runInNewContext('Uint8Array.of(1, 2)'))).toEqual(Uint8Array.of(1, 2))
  })

  it('refuses everything else', async () => {
    const detached = new Uint8Array(4)
    structuredClone(detached, { transfer: [detached.buffer] })
    const others = [
      'x',
      null,
      undefined,
      [1],
      new ArrayBuffer(1),
      new Uint16Array(1),
      new Uint8ClampedArray(1),
      detached,
    ]
    for (const value of others) await errorOf(() => bytes().serialize(value), 'SERIALIZE')
  })

  it('describes itself', () => {
    expect(bytes()).toMatchObject({
      kind: 'value',
      name: 'bytes',
      contentType: 'application/octet-stream',
      extension: 'bin',
    })
  })
})

describe('text', () => {
  it('keeps every well-formed string, a byte order mark included', () => {
    const strings = fc.string({ unit: 'binary' })
    fc.assert(fc.property(strings, (value) => text().deserialize(text().serialize(value) as Uint8Array) === value))
    expect(text().deserialize(text().serialize('\ufeffx') as Uint8Array)).toBe('\ufeffx')
    expect(text().deserialize(new Uint8Array())).toBe('')
  })

  it('refuses other values by type, and lone surrogates', async () => {
    expect((await errorOf(() => text().serialize('secret\ud800'), 'SERIALIZE')).message).toMatch(
      /^text cannot keep a string with a lone surrogate/,
    )
    expect((await errorOf(() => text().serialize(null), 'SERIALIZE')).message).toMatch(/^text cannot keep null/)
    expect((await errorOf(() => text().serialize(Object('x')), 'SERIALIZE')).message).toMatch(
      /^text cannot keep object/,
    )
  })

  it('refuses bytes that are not UTF-8', async () => {
    const { cause } = await errorOf(() => text().deserialize(Uint8Array.of(0xc0, 0x80)), 'DESERIALIZE')
    expect(cause).toBeInstanceOf(TypeError)
  })

  it('describes itself', () => {
    expect(text()).toMatchObject({
      kind: 'value',
      name: 'text',
      contentType: 'text/plain; charset=utf-8',
      extension: 'txt',
    })
  })
})
