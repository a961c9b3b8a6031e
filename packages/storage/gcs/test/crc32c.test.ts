import { CRC32C } from '@google-cloud/storage'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as byByte from '../../../../test-fixtures/servers/gcs/crc32c.ts'
import { crc32c, encodeCrc32c } from '../src/crc32c.ts'

// RFC 3720, appendix B.4.
test.each([
  ['32 zeros', new Uint8Array(32), 0x8a9136aa],
  ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ['0 to 31', Uint8Array.from({ length: 32 }, (_, n) => n), 0x46dd794e],
  ['31 to 0', Uint8Array.from({ length: 32 }, (_, n) => 31 - n), 0x113fdb5c],
  ['the digits', new TextEncoder().encode('123456789'), 0xe3069283],
  ['nothing', new Uint8Array(0), 0],
])('%s', (_, bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected)
  expect(byByte.crc32c(bytes)).toBe(expected)
})

test("is the SDK's and the test server's, however the bytes are cut", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, cut) => {
      const whole = crc32c(bytes)
      expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(whole)
      expect(byByte.crc32c(bytes)).toBe(whole)
      const sdk = new CRC32C()
      sdk.update(Buffer.from(bytes))
      expect(encodeCrc32c(whole)).toBe(sdk.toString())
      expect(byByte.encodeCrc32c(whole)).toBe(sdk.toString())
    }),
  )
})
