import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { azureStorage } from '../src/index.ts'
import { receiving } from '../src/receive.ts'
import { type Account, open, openAccount, put } from './support.ts'

const MIB = 1024 * 1024

let account: Account
beforeAll(async () => {
  account = await openAccount(true)
})
afterAll(() => account.close())

const pattern = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, index) => index ^ (index >> 8))

async function piecesOf(size: number): Promise<Uint8Array[]> {
  const storage = azureStorage(account.fresh())
  await put(storage, 'key', pattern(size))
  const pieces = await Array.fromAsync((await open(storage, 'key'))?.stream() ?? [])
  expect(Buffer.concat(pieces).equals(pattern(size))).toBe(true)
  return pieces
}

describe('a stream of an object', () => {
  it.each([1, 300_000, 8 * MIB])('of %i bytes is views of one array, one behind the other', async (size) => {
    let at = 0
    for (const { buffer, byteOffset, byteLength } of await piecesOf(size)) {
      expect({ size: buffer.byteLength, byteOffset }).toEqual({ size, byteOffset: at })
      at += byteLength
    }
  })

  it('of more than 8 MiB lies nowhere as a whole', async () => {
    for (const { buffer } of await piecesOf(8 * MIB + 1)) expect(buffer.byteLength).toBeLessThan(MIB)
  })
})

describe('receiving', () => {
  const KIB = 1024

  /** Pieces without end, and how many were taken. */
  function endless(): { readonly source: Readable; taken(): number } {
    let count = 0
    const source = new Readable({
      highWaterMark: 1,
      read() {
        count += 1
        this.push(Buffer.alloc(64 * KIB, count))
      },
    })
    return { source, taken: () => count }
  }

  it.each([undefined, new Uint8Array(64 * MIB)])('does not run ahead of a slow consumer', async (target) => {
    const { source, taken } = endless()
    const receive = receiving(source, target, false)
    for (let round = 0; round < 5; round++) {
      const before = taken()
      await receive()
      for (let turn = 0; turn < 50; turn++) await setImmediate()
      expect(taken() - before).toBeLessThan(10)
    }
    source.destroy()
  })

  it('gives what arrived before it tells of a failure', async () => {
    const failure = new Error('cut')
    const source = Readable.from(
      (async function* () {
        yield Buffer.from('abc')
        throw failure
      })(),
    )
    source.on('error', () => {})
    const receive = receiving(source, new Uint8Array(10), false)
    expect(Buffer.from((await receive()) ?? []).toString()).toBe('abc')
    await expect(receive()).rejects.toBe(failure)
  })

  it('gives what the target has no room for as it came, and in order', async () => {
    const receive = receiving(
      Readable.from([Buffer.from('abc'), Buffer.from('def'), Buffer.from('g')]),
      new Uint8Array(5),
      false,
    )
    let text = ''
    for (let piece = await receive(); piece !== undefined; piece = await receive())
      text += Buffer.from(piece).toString()
    expect(text).toBe('abcdefg')
  })

  it('leaves memory alone that is not its own', async () => {
    const whole = Buffer.from(new ArrayBuffer(4))
    const receive = receiving(Readable.from([whole]), new Uint8Array(4), false)
    await receive()
    expect(whole.byteLength).toBe(4)
  })
})
