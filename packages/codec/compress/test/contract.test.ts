import { brotli, gzip, zstd } from '@resultkit/compress'
import { applies, codecContract, unmetRequirements } from '@resultkit/contract'
import type { Codec } from '@resultkit/core'
import { describe, test } from 'vitest'

const codecs: Record<string, () => Codec> = {
  zstd,
  'zstd level 19': () => zstd({ level: 19, minBytes: 0 }),
  gzip,
  'gzip level 9': () => gzip({ level: 9 }),
  brotli,
}

const WITHOUT_CHECKSUM = 'damage: a flipped bit never gives another value'

for (const [name, open] of Object.entries(codecs))
  describe(name, () => {
    for (const contractCase of codecContract)
      test(contractCase.name, async ({ skip }) => {
        const codec = open()
        if (!applies(contractCase, codec)) skip(`unsupported: ${unmetRequirements(contractCase, codec)}`)
        if (name === 'brotli' && contractCase.name === WITHOUT_CHECKSUM)
          skip('unsupported: brotli has no checksum; the digest of the record around it finds what it cannot')
        await contractCase.run({ open: () => codec })
      })
  })
