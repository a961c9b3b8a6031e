import { createHash } from 'node:crypto'
import { inflateSync } from 'node:zlib'
import { collectBytes } from '@resultkit/core'
import { describe, expect, test } from 'vitest'
import {
  type ChunkedKeys,
  type ChunkedParameters,
  COMMITMENT_BYTES,
  deriveKeys,
  deriveSecrets,
  SALT_BYTES,
} from '../src/chunked.ts'
import { layoutOfChunks, plaintextBytes } from '../src/chunked-layout.ts'
import { openLength, openRange, type StoredChunks } from '../src/chunked-range.ts'
import { chunkOpener, chunkSealer } from '../src/chunked-stream.ts'
import { openWhole, sealWhole } from '../src/chunked-whole.ts'
import { decryptError } from '../src/decrypt-error.ts'
import type { Engine } from '../src/engine.ts'
import { nodeEngine } from '../src/engine-node.ts'
import { through } from './payload-kit.ts'
import { hex, vectorGroups } from './vectors.ts'

interface ChunkedCase {
  readonly key: string
  readonly ctx: string
  readonly ct: string
  readonly aeadKey?: string
  readonly baseNonce?: string
  readonly msgLength?: number
  readonly msgSha512?: string
}

// AES-128 is in node:crypto alone; the very same code runs ChaCha20 on libsodium in the tests of both engines.
const engine = nodeEngine() as Engine
const GROUPS = vectorGroups<ChunkedCase>('wycheproof/c2sp_chunked_encryption_aes_128_gcm_test.json')
const CASES = GROUPS.flatMap(({ tests }) => tests).map((item) => ({
  ...item,
  name: `tcId ${item.tcId}: ${item.comment}`,
}))
const VALID = CASES.filter(({ result }) => result === 'valid')
const INVALID = CASES.filter(({ result }) => result === 'invalid')
const HEAD_BYTES = SALT_BYTES + COMMITMENT_BYTES
const go = (): void => {}

const bytesOf = ({ ct }: ChunkedCase): Uint8Array => Uint8Array.from(inflateSync(Buffer.from(ct, 'hex')))
const sha512 = (bytes: Uint8Array): string => createHash('sha512').update(bytes).digest('hex')
const parametersOf = ({ key, ctx }: ChunkedCase): ChunkedParameters => ({
  aead: 'AEAD_AES_128_GCM',
  inputKey: hex(key),
  context: hex(ctx),
})

/** The header, as the envelope's code checks it, in front of chunks as they are. */
function open(item: ChunkedCase): { readonly keys: ChunkedKeys; readonly chunks: Uint8Array } {
  const bytes = bytesOf(item)
  if (bytes.byteLength < HEAD_BYTES) throw decryptError()
  const keys = deriveKeys(engine, parametersOf(item), bytes.subarray(0, SALT_BYTES))
  if (!engine.equal(keys.commitment, bytes.subarray(SALT_BYTES, HEAD_BYTES))) throw decryptError()
  return { keys, chunks: bytes.subarray(HEAD_BYTES) }
}

async function* cut(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0, turn = 0; at < bytes.byteLength; turn++) {
    const size = sizes[turn % sizes.length] as number
    yield bytes.subarray(at, at + size)
    at += size
  }
}

function stored({ keys, chunks }: ReturnType<typeof open>): StoredChunks {
  const read = async (start: number, end: number): Promise<Uint8Array> => chunks.slice(start, end)
  return { keys, padded: false, layout: layoutOfChunks(chunks.byteLength), read }
}

async function inRanges(item: ChunkedCase, step: number): Promise<Uint8Array> {
  const { chunks, keys } = open(item)
  const target = stored({ chunks, keys })
  const length = await openLength(target)
  const parts: Uint8Array[] = []
  for (let start = 0; start < length; start += step)
    parts.push(await collectBytes(openRange(target, { start, end: Math.min(length, start + step) })))
  parts.push(await collectBytes(openRange(target, { start: length })))
  return Buffer.concat(parts)
}

test('the file has 10 valid and 25 invalid cases', () => {
  expect([VALID.length, INVALID.length]).toEqual([10, 25])
})

describe.each(VALID)('$name', (item) => {
  test('derives its keys', () => {
    const { key, baseNonce } = deriveSecrets(engine, parametersOf(item), bytesOf(item).subarray(0, SALT_BYTES))
    expect([Buffer.from(key).toString('hex'), Buffer.from(baseNonce).toString('hex')]).toEqual([
      item.aeadKey,
      item.baseNonce,
    ])
  })

  test('decrypts whole, in streams, in ranges; encrypts to the same again', async () => {
    const { keys, chunks } = open(item)
    const message = await openWhole(keys, chunks, go)
    expect([message.byteLength, sha512(message)]).toEqual([item.msgLength, item.msgSha512])
    for (const sizes of [[1 << 20], [16_400], [16_399, 2, 1], [7, 40_000]])
      expect(sha512(await collectBytes(through(cut(chunks, sizes), chunkOpener(keys, go))))).toBe(item.msgSha512)
    for (const step of [1 << 20, 16_384, 10_007]) expect(sha512(await inRanges(item, step))).toBe(item.msgSha512)
    const head = bytesOf(item).subarray(0, HEAD_BYTES)
    expect(Buffer.from(await sealWhole(keys, head, message, go)).equals(bytesOf(item))).toBe(true)
    for (const sizes of [[1 << 20], [16_384], [16_383, 2, 1]])
      expect(Buffer.from(await collectBytes(through(cut(message, sizes), chunkSealer(keys, go)))).equals(chunks)).toBe(
        true,
      )
  })
})

describe.each(INVALID)('$name', (item) => {
  const has = (flag: string): boolean => item.flags.includes(flag)
  const code = has('InvalidKeySize') ? 'CONFIG' : 'DECRYPT'

  test('is refused whole, and in ranges', async () => {
    const whole = async (): Promise<unknown> => {
      const { keys, chunks } = open(item)
      return openWhole(keys, chunks, go)
    }
    await expect(whole()).rejects.toMatchObject({ code })
    for (const step of [1 << 20, 16_384]) await expect(inRanges(item, step)).rejects.toMatchObject({ code })
  })

  test(`is refused ${has('HeaderFailure') ? 'by its header' : 'behind its header'}`, () => {
    if (has('HeaderFailure')) expect(() => open(item)).toThrow(expect.objectContaining({ code }))
    else expect(open(item).chunks).toBeInstanceOf(Uint8Array)
  })

  if (has('HeaderFailure')) return

  test('as a stream it gives no byte more than is valid', async () => {
    const { keys, chunks } = open(item)
    for (const sizes of [[1 << 20], [16_400], [16_399, 2, 1], [1000]]) {
      const parts: Uint8Array[] = []
      const read = async (): Promise<void> => {
        for await (const piece of through(cut(chunks, sizes), chunkOpener(keys, go))) parts.push(piece)
      }
      await expect(read()).rejects.toMatchObject({ code: 'DECRYPT' })
      const given = Buffer.concat(parts)
      expect(given.byteLength).toBeLessThanOrEqual(item.msgLength ?? 0)
      if (given.byteLength === item.msgLength) expect(sha512(given)).toBe(item.msgSha512)
      if (sizes[0] === 16_400) expect(given.byteLength).toBe(has('PartialPlaintext') ? item.msgLength : 0)
    }
  })

  const refused = !has('ValidFinalChunk')
  test(`its length is ${refused ? 'refused' : 'that of its last chunk, which is valid'}`, async () => {
    const length = (async () => openLength(stored(open(item))))()
    if (refused) await expect(length).rejects.toMatchObject({ code: 'DECRYPT' })
    else expect(await length).toBe(plaintextBytes(layoutOfChunks(open(item).chunks.byteLength)))
  })
})
