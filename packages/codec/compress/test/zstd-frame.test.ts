import { constants, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { onlyFrame } from '../src/zstd-frame.ts'

// As Deno's zlib appends it: magic, descriptor, content size 0, an empty last block, checksum.
const EMPTY = Buffer.from('28b52ffd240001000099e9d851', 'hex')
const FRAME = zstdCompressSync(Buffer.alloc(1000, 'abcdefg'), { params: { [constants.ZSTD_c_checksumFlag]: 1 } })

test('an empty frame behind the frame is not stored, wherever the pieces are cut', () => {
  const both = Buffer.concat([FRAME, EMPTY])
  for (let cut = 0; cut <= both.byteLength; cut++) {
    const stored = onlyFrame()
    expect(Buffer.concat([stored(both.subarray(0, cut)), stored(both.subarray(cut))])).toEqual(FRAME)
  }
})

test('a frame with content behind the frame is refused', () => {
  const stored = onlyFrame()
  expect(stored(FRAME)).toEqual(FRAME)
  expect(() => stored(FRAME)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED', operation: 'write' }))
})
