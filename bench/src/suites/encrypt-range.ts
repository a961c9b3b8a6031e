import { randomFillSync } from 'node:crypto'
import { join } from 'node:path'
import { encrypt, generateKey, keyring } from '../../../packages/codec/encrypt/src/index.ts'
import { Result, type ResultStorage, type StreamSerializer } from '../../../packages/core/src/index.ts'
import { fileStorage } from '../../../packages/storage/local/src/index.ts'

/** What a small part of a large encrypted object takes. */
export interface RangeFigures {
  /** Bytes that the storage gave out, header of the record included. */
  readonly bytes: number
  readonly reads: number
  /** Microseconds, the median of 50. */
  readonly us: number
}

const PIECE = 1024 * 1024
const LENGTH = 100

const chunks: StreamSerializer = {
  kind: 'stream',
  name: 'bench/chunks',
  contentType: 'application/octet-stream',
  extension: 'bin',
  encode: (items) => items as AsyncIterable<Uint8Array>,
  decode: (bytes) => bytes,
}

/** Reads 100 bytes out of the middle of an encrypted object on local disk. */
export async function measureRange(directory: string, bytes: number): Promise<RangeFigures> {
  const read: number[] = []
  const codecs = [encrypt({ keyring: keyring({ primary: generateKey() }) })]
  const storage = fileStorage({ directory: join(directory, 'range') })
  const result = new Result({ storage, serializer: chunks, codecs, layers: [counting(read)], location: 'large' })
  const piece = randomFillSync(new Uint8Array(PIECE))
  await result.write(async function* () {
    for (let at = 0; at < bytes; at += PIECE) yield piece
  })
  const start = bytes / 2 - LENGTH / 2 + 5
  const expected = Buffer.concat([piece, piece]).subarray(start % PIECE, (start % PIECE) + LENGTH)
  const times: number[] = []
  for (let round = 0; round < 50; round++) {
    read.length = 0
    const before = performance.now()
    const parts: Uint8Array[] = []
    for await (const part of result.stream({}, { range: { start, end: start + LENGTH } })) parts.push(part)
    times.push((performance.now() - before) * 1000)
    if (!Buffer.concat(parts).equals(expected)) throw new Error('The range has other bytes.')
  }
  const us = times.sort((a, b) => a - b)[25] ?? Number.NaN
  return { bytes: read.reduce((sum, size) => sum + size, 0), reads: read.length, us }
}

/** A layer that notes how many bytes each read gives. */
function counting(read: number[]): (inner: ResultStorage) => ResultStorage {
  return (inner) => ({
    uri: inner.uri,
    capabilities: inner.capabilities,
    write: (key, body, options) => inner.write(key, body, options),
    stat: (key, options) => inner.stat(key, options),
    delete: (key, options) => inner.delete(key, options),
    list: (prefix, options) => inner.list(prefix, options),
    async read(key, options) {
      const object = await inner.read(key, options)
      if (object === undefined) return undefined
      const bytes = async (): Promise<Uint8Array> => {
        const all = await object.bytes()
        read.push(all.byteLength)
        return all
      }
      return { stat: object.stat, bytes, stream: () => object.stream() }
    },
  })
}
